"""A study from the first question to the result: the stages, in order."""

from server.federation import Federation
from server.stages.cluster import cluster
from server.stages.conclude import conclude
from server.stages.describe import describe
from server.stages.evaluate import evaluate
from server.stages.harmonize import harmonize
from server.stages.inventory import inventory
from server.stages.moments import moments
from server.stages.normalize import normalize
from server.stages.probe import probe
from server.stages.residuals import residuals
from server.stages.select import select
from server.stages.shuffle import shuffle
from server.stages.stability import stability
from server.stages.train import combine, train
from server.stages.tune import tune
from server.state import Agreed
from shared.results.result import Result
from shared.step import Step
from shared.study.plan import explains
from shared.training.explanation import explained


def conduct(federation: Federation) -> Result:
    """Run a study, or go on with it: exchanges that its journal holds are not made again.

    Parameters
    ----------
    federation : the sites, the study and the journal

    Raises
    ------
    MrfedError with what went wrong and where; the run can be resumed.
    """
    federation.enroll()
    normalize(federation)
    cluster(federation)
    agreed = inventory(federation)
    if federation.study.network is not None:
        return _conduct_network(federation, agreed)
    described = describe(federation, agreed)
    stability(federation, agreed)
    harmonized = harmonize(federation, agreed, described)
    learned = moments(federation, agreed, harmonized)
    select(federation, learned)
    train(federation, learned)
    tune(federation, learned)
    combine(federation, learned, len(agreed.extras))
    exchanges = federation.made(learned.learner.step)
    asked = len(explained(learned, exchanges)[0]) if explains(federation.study) else 0
    appraise = residuals if federation.study.question.endpoint.continuous else evaluate
    judgements = appraise(federation, learned.outer, asked)
    chance = shuffle(federation, agreed, harmonized)
    probes = probe(federation, agreed, harmonized)
    told = conclude(federation, agreed, harmonized, learned, judgements, probes, chance).model_dump_json()
    federation.ask(Step.FINISH, {}, {"result": told, "signature": federation.sign(told)})
    return conclude(federation, agreed, harmonized, learned, judgements, probes, chance)


def _conduct_network(federation: Federation, agreed: Agreed) -> Result:
    from server.stages.network import NetworkStage  # torch and MONAI, where they are needed

    stage = NetworkStage(federation, agreed)
    state = stage.train()
    judgements = evaluate(federation, len(agreed.fits))
    told = stage.conclude(state, judgements).model_dump_json()
    federation.ask(Step.FINISH, {}, {"result": told, "signature": federation.sign(told)})
    return stage.conclude(state, judgements)
