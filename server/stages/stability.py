"""How stable the features are, from the sites' sums of squares and votes."""

import numpy as np

from server.agreed import Agreed
from server.federation import Federation
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.metrics.icc import icc, icc_interval
from shared.results import harmonized
from shared.step import Step
from shared.training.stability import stable, sums_of


def stability(federation: Federation) -> None:
    """Ask for sums of squares and votes.

    Raises
    ------
    MrfedError where no feature is stable enough.
    """
    section = federation.study.stability
    assert section is not None
    totals = federation.ask(Step.STABILITY).totals
    if not stable(totals, section).any(axis=1).all():
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"stability: no feature has an ICC of {section.threshold:g} at {section.sites:.0%} of the sites; ask for "
            "less, or look at how tumours are drawn",
        )


def stability_of(federation: Federation, agreed: Agreed) -> tuple[harmonized.FeatureStability, ...]:
    """What the exchange said of every feature, over all sites; nothing where the study did not ask."""
    section = federation.study.stability
    if section is None:
        return ()
    totals, everyone = federation.totals(Step.STABILITY), 0
    sums = sums_of(totals, everyone, section)
    columns = (icc(sums), *icc_interval(sums), sums.subjects, totals["votes"][everyone], totals["voices"][everyone])
    kept = stable(totals, section)[everyone]
    return tuple(
        harmonized.FeatureStability(
            feature=name,
            icc=float(columns[0][index]),
            low=_finite(columns[1], index),
            high=_finite(columns[2], index),
            patients=round(float(columns[3][index])),
            votes=round(float(columns[4][index])),
            voices=round(float(columns[5][index])),
            stable=bool(kept[index]),
        )
        for index, name in enumerate(agreed.features)
    )


def _finite(values: Array, index: int) -> float | None:
    return float(values[index]) if np.isfinite(values[index]) else None
