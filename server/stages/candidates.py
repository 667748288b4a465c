"""How every feature fared in the selection of the final model."""

from server.agreed import Agreed
from shared.results.model import Candidate
from shared.selection.univariate import p_value
from shared.training.progress import Learned

_FINAL = 0


def candidates(agreed: Agreed, learned: Learned) -> tuple[Candidate, ...]:
    """A part of the result for each feature, in the order of the features."""
    statistic = learned.strength[_FINAL]
    p_values = p_value(learned.strength, learned.freedom)[_FINAL]
    entered = set(learned.selected[_FINAL].tolist())
    return tuple(
        Candidate(
            feature=name,
            statistic=float(statistic[place]),
            p_value=float(p_values[place]),
            halves=float(learned.half_samples[place]),
            entered=place in entered,
            repeats=agreed.features[learned.repeats[place]] if place in learned.repeats else None,
        )
        for place, name in enumerate(agreed.features)
    )
