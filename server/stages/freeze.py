"""What the result keeps of harmonization, from the fit of all patients."""

import math
from collections.abc import Mapping

import numpy as np

from harmonization.combat import BatchEffect, Settings
from harmonization.covbat import Components
from harmonization.normalizing_transform import NormalizingTransform
from server.agreed import Agreed, Harmonized
from shared.arrays import Array
from shared.results.frozen_harmonization import FrozenComponents, FrozenEffect, FrozenHarmonization, FrozenTransform
from shared.sections.harmonization import Harmonization

_FINAL = 0
"""The fit of all patients comes first."""


def freeze(section: Harmonization, agreed: Agreed, harmonized: Harmonized) -> FrozenHarmonization:
    """Keep what a newcomer needs.

    Parameters
    ----------
    section : the study's choice
    agreed : features and covariates
    found : of all fits
    """
    regression = harmonized.regression
    consensus = regression.consensus.fit(_FINAL)
    sum_z = regression.totals.sum_z[_FINAL]
    variant = Settings.chosen(
        empirical_bayes=section.empirical_bayes, parametric=section.parametric, mean_only=section.mean_only
    )
    return FrozenHarmonization(
        patients=round(float(consensus.count)),
        features=agreed.features,
        categories={name: tuple(levels) for name, levels in agreed.categories.items()},
        alpha=_measured(consensus.alpha),
        beta=tuple(map(tuple, consensus.beta.tolist())),
        variance=tuple(consensus.variance.tolist()),
        endpoint_shares=tuple((sum_z[agreed.declared :] / consensus.count).tolist()),
        transform=_transform(harmonized.normalizing_transforms[_FINAL]) if harmonized.normalizing_transforms else None,
        joined=_joined(regression.effects(_FINAL, variant) if section.joined else {}),
        components=_components(harmonized.components[_FINAL]) if harmonized.components else None,
    )


def _measured(values: Array) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else value for value in values.tolist())


def _transform(transform: NormalizingTransform) -> FrozenTransform:
    return FrozenTransform(
        middle=tuple(transform.centre.middle.tolist()),
        deviation=tuple(transform.centre.deviation.tolist()),
        exponents=tuple(np.asarray(transform.exponents, dtype=np.int64).tolist()),
        powers=None if transform.powers is None else tuple(transform.powers.tolist()),
        counts=None if transform.counts is None else tuple(map(tuple, transform.counts.tolist())),
    )


def _joined(effects: Mapping[str, BatchEffect]) -> dict[str, FrozenEffect]:
    return {
        name: FrozenEffect(gamma=_measured(batch_effect.gamma_star), delta=tuple(batch_effect.delta_star.tolist()))
        for name, batch_effect in effects.items()
    }


def _components(components: Components) -> FrozenComponents:
    return FrozenComponents(
        centre=tuple(components.centre.tolist()),
        scale=tuple(components.scale.tolist()),
        directions=tuple(map(tuple, components.directions.tolist())),
        variance=tuple(components.scores.variance.tolist()),
    )
