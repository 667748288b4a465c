"""Standard histograms learned from sums of sites are those of all patients together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clustering.standard_histogram import LANDMARKS, learned, sums
from shared.errors import Code, MrfedError
from shared.sections.imaging import ImageName

IMAGES = (ImageName.BEFORE, ImageName.EARLY)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 40), min_size=2, max_size=6))
def test_sums_of_sites_are_the_mean_of_all(seed: int, patients: list[int]) -> None:
    rng = np.random.default_rng(seed)
    sites = [np.sort(rng.uniform(0, 100, (count, len(IMAGES), LANDMARKS)), axis=2) for count in patients]
    included = np.ones((1 + len(sites), len(sites)), dtype=bool)
    included[1:] = ~np.eye(len(sites), dtype=bool)
    given_ = [sums(own, included[:, number].tolist()) for number, own in enumerate(sites)]
    totals = {name: sum(sums[name] for sums in given_) for name in given_[0]}
    fitted = learned(totals, IMAGES)
    assert len(fitted) == 1 + len(sites)
    for number, standards in enumerate(fitted):
        pooled = np.concatenate([own for own, inside in zip(sites, included[number], strict=True) if inside])
        for place, image in enumerate(IMAGES):
            np.testing.assert_allclose(standards[image], pooled[:, place].mean(axis=0), rtol=1e-12)


@pytest.mark.attack
@pytest.mark.parametrize(
    ("weight", "landmarks"),
    [
        (3.0, np.linspace(0, 100, LANDMARKS)[::-1]),
        (3.0, np.r_[np.linspace(0, 90, LANDMARKS - 1), 1e6]),
        (3.0, np.r_[-5, np.linspace(0, 100, LANDMARKS - 1)]),
        (3.0, np.full(LANDMARKS, np.nan)),
        (0.5, np.linspace(0, 100, LANDMARKS)),
    ],
)
def test_totals_that_nobody_can_have_added_up(weight: float, landmarks: np.ndarray) -> None:
    totals = {"weight": np.array([weight]), "landmarks": weight * landmarks[None, None]}
    with pytest.raises(MrfedError, match="no standard histogram") as caught:
        learned(totals, IMAGES[:1])
    assert caught.value.code is Code.REFUSED
