"""Training: all tasks and penalties in the same exchanges, until each is at its optimum or the limit is reached."""

from server.federation import Federation
from shared.contract.facts import most_exchanges
from shared.errors import Code, MrfedError
from shared.step import Step
from shared.training.progress import Learned

_FINAL = 0


def gram(federation: Federation, learned: Learned) -> None:
    """Ask for the products of each task's shortlist; the features of every task follow from them (`shared.selection`).

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) where a model that follows from them alone is none.
    """
    federation.ask(Step.GRAM)
    if not most_exchanges(federation.study):
        _require_a_model(federation, learned)


def train(federation: Federation, learned: Learned) -> None:
    """Train the arms on features.

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) where the final fit has no model.
    """
    train_until_done(federation, learned, learned.learner.step)
    _require_a_model(federation, learned)


def train_until_done(federation: Federation, learned: Learned, step: Step) -> None:
    """Ask for exchanges of training until nothing is left to ask.

    Parameters
    ----------
    federation : the sites
    learned : what is trained
    step : kind of these exchanges
    """
    exchanges, most = 0, most_exchanges(federation.study)
    while not learned.trainer(exchanges).done and exchanges < most:
        federation.ask(f"{step}-{exchanges}")
        exchanges += 1


def combine(federation: Federation, learned: Learned, extras: int) -> None:
    """Train clinical variables, the volume, and the model's score beside clinical variables.

    Parameters
    ----------
    federation : the sites
    learned : what is learned
    extras : columns of clinical variables and of the volume
    """
    columns, exchanges = 1 + max(len(federation.study.question.endpoint.classes) - 1, 1) + extras, 0
    most = federation.study.training.max_iterations
    while not learned.combiner(exchanges, columns).done and exchanges < most:
        federation.ask(f"{Step.COMBINE}-{exchanges}")
        exchanges += 1


def _require_a_model(federation: Federation, learned: Learned) -> None:
    study = federation.study
    if not learned.trainer(federation.made(learned.learner.step)).usable[_FINAL]:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{study.name}: all patients together settle no model of kind: {study.model.kind}; ask for fewer features "
            "(selection.keep), for shrinkage of covariances (model.shrinkage), or for smaller leaves "
            "(model.least_patients)",
        )
