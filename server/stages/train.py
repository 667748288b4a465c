"""Training: all tasks and penalties in the same exchanges, until each is at its optimum or the limit is reached."""

from server.federation import Federation
from shared.errors import Code, MrfedError
from shared.step import Step
from shared.study.plan import small_arms
from shared.training.progress import Learned

_FINAL = 0


def train(federation: Federation, learned: Learned) -> int:
    """Train the arms on features.

    Returns
    -------
    how many exchanges it took

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) where the final fit has no model.
    """
    exchanges, study = 0, federation.study
    known = {"tasks": len(learned.tasks)}
    most = learned.learner.exchanges(study.model, study.training)
    while not learned.trainer(exchanges).done and exchanges < most:
        federation.ask(f"{learned.learner.step}-{exchanges}", known | learned.trainer(exchanges).sizes)
        exchanges += 1
    if not learned.trainer(exchanges).usable[_FINAL]:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{study.name}: all patients together settle no model of kind: {study.model.kind}; ask for fewer features "
            "(selection.keep), for shrinkage of covariances (model.shrinkage), or for smaller leaves "
            "(model.least_patients)",
        )
    return exchanges


def combine(federation: Federation, learned: Learned, extras: int) -> int:
    """Train clinical variables, the volume, and the model's score beside clinical variables.

    Returns
    -------
    how many exchanges it took
    """
    if not small_arms(federation.study):
        return 0
    columns, exchanges = 1 + max(len(federation.study.question.endpoint.classes) - 1, 1) + extras, 0
    while (
        not (now := learned.combiner(exchanges, columns)).done and exchanges < federation.study.training.max_iterations
    ):
        federation.ask(f"{Step.COMBINE}-{exchanges}", now.sizes)
        exchanges += 1
    return exchanges
