"""Joined batches and gaps through the fixed point of the masks: features of any mean and spread keep their digits."""

import numpy as np

from harmonization import fits
from harmonization.combat import Settings, apply, harmonize_pooled
from harmonization.fits import Joins, Part
from harmonization.rank import Called
from shared.contract import scales
from shared.contract.facts import AgreedFacts
from shared.contract.fixed_point import FixedPoint, add
from shared.contract.harmonize import HARMONIZE
from tests.harmonization.reference import off
from tests.least_study import least_study

SITES = 3


def test_means_of_a_million_deviations_and_values_of_1e11_keep_their_digits() -> None:
    random = np.random.default_rng(2)
    site = np.repeat(np.arange(SITES), 25)
    deviation = np.array([1.0, 1.0, 1e5, 1e-9, 3.0])
    x = np.array([0.0, 1e6, 1e11, 1e-3, 40.0]) + deviation * random.normal(size=(75, 5))
    x += deviation * site[:, None] * 0.4
    x[[3, 30, 60, 61], 4] = np.nan
    z = np.round(random.normal(50, 10, (75, 1)))
    batch = np.where(np.arange(75) % 2, "A", np.char.add("own ", site.astype(str)))
    told = {  # as their inventories say
        "magnitude": scales.exponent(np.nan_to_num(x)),
        "spread": scales.exponent(np.nan_to_num(x - np.nanmean(x, axis=0))),
        "covariate_magnitude": scales.exponent(z),
        "covariate_spread": scales.exponent(z - z.mean(axis=0)),
    }
    facts = AgreedFacts(
        least_study(("north", "south", "west"), evaluation={"leave_one_site_out": False}),
        lambda: (),
        lambda _: told,
        lambda _: {},
        lambda _: 0,
    )
    joins = Joins(("A",), np.nanmean(x, axis=0), z.mean(axis=0))
    incomplete = np.array([4])
    encoding, summed = HARMONIZE.encodings(facts), {}
    for one in range(SITES):
        rows = site == one
        part = Part(x[rows], batch[rows], z[rows])
        for name, values in fits.named([part], incomplete, joins, declared=False, holder=False).items():
            limbs = encoding.get(name, FixedPoint()).encode(values, SITES)
            if name in summed:
                add(summed[name], limbs)
            else:
                summed[name] = limbs
    decoded = {name: encoding.get(name, FixedPoint()).decode(limbs) for name, limbs in summed.items()}
    agreed = fits.agree(decoded, Called(["age"]), incomplete, joins)
    pooled = harmonize_pooled(x, batch, z, Settings())
    mine = batch == "A"
    ours = apply(x[mine], z[mine], agreed.consensus.fit(0), agreed.effects(0, Settings())["A"])
    there = ~np.isnan(x).any(axis=1)
    assert off(ours[there[mine]], pooled.x[mine & there], x[there]) < 1e-9
