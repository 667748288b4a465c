"""What the next question of an approved study may be: the exchange that follows the last answer, and its totals.

Each exchange brings the totals of the one before. Whoever could bring numbers of another form would choose what a
site computes.
"""

from collections.abc import Collection

import numpy as np

from shared.contract.contract import QUANTITIES
from shared.contract.scales import Scales
from shared.errors import Code, MrfedError
from shared.federation.messages import Question
from shared.step import Step
from shared.study.schedule import AGGREGATED, AGREED, course
from shared.study.study import Study

_WORDS = {Step.FINISH: frozenset({"result", "signature"})}
"""Words that a question of a step brings."""


def require_expected(question: Question, study: Study, answered: Collection[str]) -> None:
    """Refuse a question that is not the next one, or brings what it should not.

    Parameters
    ----------
    question : a question that was not answered before
    study : the approved study
    answered : names of all exchanges that this site has answered under the approval

    Raises
    ------
    MrfedError (`REFUSED`) with what is wrong.
    """
    planned = course(study)
    last = planned.last(list(answered))
    if question.after != last or not planned.follows(question.step, last):
        raise _refused(question, f"comes after {question.after or 'nothing'!r}; the last answer here is to {last!r}")
    step, before = planned.step(question.step), planned.step(last) if last else None
    receipts = frozenset({"receipts"} if last else ())
    if set(question.texts) != receipts | _WORDS.get(step, frozenset()) | AGREED.get(last, frozenset()):
        raise _refused(question, f"brings the words {', '.join(sorted(question.texts)) or 'none'}")
    wanted = _totals(before) if before is not None else {}
    if {name: value.ndim for name, value in question.arrays.items()} != wanted:
        raise _refused(question, "brings other totals than those of the exchange before")
    if not all(value.dtype.kind in "if" and np.isfinite(value).all() for value in question.arrays.values()):
        raise _refused(question, "brings totals that are not finite")


def _totals(step: Step) -> dict[str, int]:
    """Names and numbers of axes of what the coordinator tells of an exchange."""
    if step is Step.INVENTORY:
        return dict.fromkeys(Scales.__dataclass_fields__, 1)
    told = AGGREGATED.get(step, frozenset())
    return {one.name: len(one.shape) for one in QUANTITIES[step] if one.way.summed or one.name in told}


def _refused(question: Question, what: str) -> MrfedError:
    return MrfedError(Code.REFUSED, f"{question.step}: the question {what}; resume the run where it was")
