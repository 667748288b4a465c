"""How every feature fared in the selection of the final model."""

from collections.abc import Sequence

from server.agreed import Agreed
from shared.results.model import Candidate, Coefficient
from shared.selection.univariate import p_value
from shared.training.progress import Learned

_FINAL = 0


def candidates(agreed: Agreed, learned: Learned, coefficients: Sequence[Coefficient]) -> tuple[Candidate, ...]:
    """A part of the result for each feature, in the order of the features.

    Parameters
    ----------
    agreed, learned : of the study
    coefficients : of the final model; a feature whose coefficient a penalty made zero is not in it
    """
    statistic = learned.strength[_FINAL]
    p_values = p_value(learned.strength, learned.freedom)[_FINAL]
    entered = {one.feature for one in coefficients if one.value != 0}
    return tuple(
        Candidate(
            feature=name,
            statistic=float(statistic[place]),
            p_value=float(p_values[place]),
            half_samples=float(learned.half_samples[place]),
            entered=name in entered,
            repeats=agreed.features[learned.repeats[place]] if place in learned.repeats else None,
        )
        for place, name in enumerate(agreed.features)
    )
