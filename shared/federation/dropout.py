"""Going on without sites that are lost: in which exchanges a study may, and how the sites agree on it.

Such an exchange takes three questions. Every site answers under a second mask of its own; those that answered sign
the set of sites that did; and once each of them has all signatures, it discloses its own mask and those that it shares
with the lost (`shared.federation.agreement`, `shared.federation.masking`). The sum over exactly that set decodes, and
no other.

Two sums of which the second lacks a site differ by that site. So where the sums of single sites are hidden, only the
first exchange of sums may lose sites; later ones wait. Where the study declares that they are derivable, and the
sites have accepted it, every exchange of sums may.
"""

from shared.contract.registry import exchange_of
from shared.contract.schedule import schedule
from shared.sections.federation import Dropout
from shared.sections.privacy import SiteSums
from shared.step import Step
from shared.study.study import Study


def about(name: str) -> tuple[str, Step | None]:
    """The exchange that a question belongs to, and which part of it, if it is not the answer itself.

    Parameters
    ----------
    name : as the question states it, such as `train-3` or `train-3.agree`
    """
    step, dot, part = name.rpartition(".")
    return (step, Step(part)) if dot and part in (Step.AGREE, Step.DISCLOSE) else (name, None)


def part(step: str, kind: Step) -> str:
    """Name of the question by which sites agree, or disclose, in an exchange."""
    return f"{step}.{kind}"


def may_lose(study: Study, step: str) -> bool:
    """Whether sites may be lost in the exchange of this name, and the others go on.

    Raises
    ------
    MrfedError (`REFUSED`) where no exchange of the study is called so.
    """
    planned = schedule(study)
    position = planned.position(step)
    if study.federation.dropout is not Dropout.CONTINUE or not _sums(planned.phases[position.phase].step):
        return False
    summed_before = any(_sums(phase.step) for phase in planned.phases[: position.phase]) or position.number
    return study.privacy.site_sums is SiteSums.DERIVABLE or not summed_before


def times(study: Study) -> int:
    """How many exchanges there are at most in which sites may be lost."""
    return sum(may_lose(study, name) for phase in schedule(study).phases for name in phase.names)


def least(sites: int, minimum_sites: int) -> int:
    """Fewest sites that must have answered: more than half, so that any two such sets share a site that signs once."""
    return max(minimum_sites, sites // 2 + 1)


def _sums(step: Step) -> bool:
    return bool(exchange_of(step).summed)
