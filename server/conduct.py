"""A study from the first question to the result: the exchanges of its schedule, each by its stage."""

from server.federation import Federation
from server.stages.conclude import Outcome
from server.stages.registry import STAGES
from server.state import State
from shared.contract.schedule import schedule
from shared.errors import Code, MrfedError
from shared.results.result import Result
from shared.step import Step


def carry_out(federation: Federation) -> Outcome:
    """Run a study of any kind, or go on with it: exchanges that its journal holds are not made again.

    Parameters
    ----------
    federation : the sites, the study and the journal

    Raises
    ------
    MrfedError with what went wrong and where; the run can be resumed.
    """
    state = State()
    for step in schedule(federation.study).steps:
        state.keep(step, STAGES[step](federation, state))
    outcome: Outcome = state.returned(Step.FINISH)
    return outcome


def conduct(federation: Federation) -> Result:
    """Run a study that learns a model; raises as `carry_out` does, and where the study ends in something else."""
    outcome = carry_out(federation)
    if not isinstance(outcome, Result):
        raise MrfedError(Code.STUDY_INVALID, f"{federation.study.name}: this study learns no model to look at")
    return outcome
