"""What the next question of an approved study may be: the exchange that follows the last answer, and its totals.

Each exchange brings the totals of the one before. Whoever could bring numbers of another form would choose what a
site computes.
"""

from collections.abc import Collection

import numpy as np

from shared.contract.registry import exchange_of
from shared.contract.schedule import schedule
from shared.errors import Code, MrfedError
from shared.federation.messages import Question
from shared.study.study import Study


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
    planned = schedule(study)
    last = planned.last(list(answered))
    if question.after != last or not planned.follows(question.step, last):
        raise _refused(question, f"comes after {question.after or 'nothing'!r}; the last answer here is to {last!r}")
    brings = exchange_of(planned.step(question.step)).brings
    before = exchange_of(planned.step(last)) if last else None
    settled = before.agrees | {"receipts"} if before is not None else frozenset()
    if set(question.texts) != brings | settled:
        raise _refused(question, f"brings the words {', '.join(sorted(question.texts)) or 'none'}")
    wanted = {quantity.name: len(quantity.axes) for quantity in before.broadcast} if before is not None else {}
    if {name: value.ndim for name, value in question.arrays.items()} != wanted:
        raise _refused(question, "brings other totals than those of the exchange before")
    if not all(value.dtype.kind in "if" and np.isfinite(value).all() for value in question.arrays.values()):
        raise _refused(question, "brings totals that are not finite")


def _refused(question: Question, what: str) -> MrfedError:
    return MrfedError(Code.REFUSED, f"{question.step}: the question {what}; resume the run where it was")
