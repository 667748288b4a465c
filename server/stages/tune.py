"""Tuning: the loss of every penalty on the patients whom the inner folds leave out."""

from server.federation import Federation
from shared.step import Step
from shared.study.plan import feature_arms
from shared.training.progress import Learned


def tune(federation: Federation, learned: Learned) -> None:
    """Ask for the losses; each outer fit's penalty follows from them (`shared.selection.penalty`)."""
    study = federation.study
    if study.model.penalties > 1:
        inner = len(feature_arms(study)) * (len(learned.fits) - learned.outer)
        federation.ask(Step.TUNE, {"inner": inner, "penalties": study.model.penalties})
