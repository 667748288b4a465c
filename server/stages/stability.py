"""How stable the features are, from the sites' sums of squares and votes."""

import numpy as np

from server.federation import Federation
from server.state import Agreed
from shared.arrays import Array, Arrays
from shared.errors import Code, MrfedError
from shared.metrics.icc import icc, icc_interval
from shared.results import harmonized
from shared.step import Step
from shared.study.omissions import omissions
from shared.training.stability import stable, sums_of


def stability(federation: Federation, agreed: Agreed) -> None:
    """Ask for sums of squares and votes, where the study wants stable features only.

    Raises
    ------
    MrfedError where no feature is stable enough.
    """
    section = federation.study.stability
    if section is None:
        return
    sizes = {"omissions": len(omissions(federation.study, federation.enrolled)), "features": len(agreed.features)}
    totals = federation.ask(Step.STABILITY, sizes).totals
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
    totals, everyone = _totals(federation), 0
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


def _totals(federation: Federation) -> Arrays:
    return next(one.totals for one in federation.exchanges if one.step == Step.STABILITY)


def _finite(values: Array, index: int) -> float | None:
    return float(values[index]) if np.isfinite(values[index]) else None
