"""What the next question of an approved study may be: the exchange that follows the last answer, and its totals.

A study's exchanges come in one order, and each brings the totals of the one before. Whoever could skip, repeat under
another name or reorder them, or bring numbers of another form, would choose what a site computes.
"""

from collections.abc import Collection

import numpy as np

from shared.contract import QUANTITIES, Step, Way
from shared.errors import Code, MrfedError
from shared.messages import Question
from shared.scales import Scales
from shared.study import Study

_TEXTS = {
    Step.ENROLL: frozenset[str](),
    Step.DESCRIBE: frozenset({"categories", "masking_keys", "receipts"}),
    Step.FINISH: frozenset({"result", "signature", "receipts"}),
}
_SCALES = dict.fromkeys(Scales.__dataclass_fields__, 1)


def parse(name: str, iterations: int) -> tuple[Step, int]:
    """Kind of an exchange, and its number; only training has one.

    Parameters
    ----------
    name : as the question states it
    iterations : most exchanges of training that the study allows

    Raises
    ------
    MrfedError (`REFUSED`) where no exchange of the study is called so.
    """
    kind, _, number = name.partition("-")
    if name in set(Step) - {Step.TRAIN}:
        return Step(name), 0
    if kind == Step.TRAIN and number.isdecimal() and str(int(number[:9])) == number and int(number) < iterations:
        return Step.TRAIN, int(number)
    raise MrfedError(
        Code.REFUSED, f"{name[:40]!r} is no exchange of this study, which trains {iterations} times at most"
    )


def trained(after: str) -> int:
    """Exchanges of training that were made when `after` was the last exchange."""
    return int(after.rsplit("-", 1)[1]) + 1 if after.startswith(Step.TRAIN) else 0


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
    iterations = study.training.max_iterations
    place = {step: number for number, step in enumerate(Step)}
    last = max(answered, key=lambda name: (place[parse(name, iterations)[0]], parse(name, iterations)[1]), default="")
    step, number = parse(question.step, iterations)
    if question.after != last or last not in _before(step, number, iterations):
        raise _refused(question, f"comes after {question.after or 'nothing'!r}; the last answer here is to {last!r}")
    if set(question.texts) != _TEXTS.get(step, {"receipts"}):
        raise _refused(question, f"brings the words {', '.join(sorted(question.texts)) or 'none'}")
    wanted = {} if step in (Step.ENROLL, Step.FINISH) else _totals(parse(last, iterations)[0])
    if {name: value.ndim for name, value in question.arrays.items()} != wanted:
        raise _refused(question, "brings other totals than those of the exchange before")
    if not all(value.dtype.kind in "if" and np.isfinite(value).all() for value in question.arrays.values()):
        raise _refused(question, "brings totals that are not finite")


def _before(step: Step, number: int, iterations: int) -> set[str]:
    """Exchanges after which one may come."""
    if step is Step.TRAIN:
        return {f"{Step.TRAIN}-{number - 1}"} if number else {Step.MOMENTS}
    if step is Step.EVALUATE:
        return {Step.MOMENTS, *(f"{Step.TRAIN}-{one}" for one in range(iterations))}
    before = {Step.DESCRIBE: Step.ENROLL, Step.HARMONIZE: Step.DESCRIBE, Step.MOMENTS: Step.HARMONIZE}
    return {str((before | {Step.ENROLL: "", Step.FINISH: Step.EVALUATE})[step])}


def _totals(step: Step) -> dict[str, int]:
    """Names and numbers of axes of what the coordinator tells of an exchange."""
    if step is Step.ENROLL:
        return _SCALES
    return {one.name: len(one.shape) for one in QUANTITIES[step] if one.way is Way.MASKED}


def _refused(question: Question, what: str) -> MrfedError:
    return MrfedError(Code.REFUSED, f"{question.step}: the question {what}; resume the run where it was")
