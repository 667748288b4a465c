"""The hospital's own rules: what no study may go below here, whatever its file says."""

from typing import ClassVar

from pydantic import Field, model_validator

from shared.models.registry import learner_of
from shared.sections.section import Section
from shared.study.study import Study

MINIMUM_PATIENTS = 10
MINIMUM_SITES = 3
PATIENTS_PER_COEFFICIENT = 2.0


class Policy(Section):
    """A site's policy; one that is looser than the default says why."""

    of_lines: ClassVar[frozenset[str]] = frozenset({"reason"})

    minimum_patients: int = Field(default=MINIMUM_PATIENTS, ge=1)
    """Least number of patients whom anything that leaves, or that can be concluded from it, is about."""
    minimum_sites: int = Field(default=MINIMUM_SITES, ge=1)
    """Least number of sites over which a sum is decoded; fewer only where the study declares it and we accept it."""
    patients_per_coefficient: float = Field(default=PATIENTS_PER_COEFFICIENT, ge=0)
    """Least number of patients, of all sites, for each coefficient of a model. Where there are no more patients than
    coefficients, two Hessians give away every patient's features. 0 sets no limit to the number of Hessians either."""
    masked_only: bool = True
    """Refuse studies whose sums leave without masks."""
    epsilon: float | None = Field(default=None, gt=0)
    """Budget of differential privacy, at `delta`, for all studies together, as if every patient were in each. Where
    there is one, a study that adds no noise is refused; what a network that adds some says besides, a person has to
    accept in writing. None sets none."""
    delta: float = Field(default=1e-5, gt=0, lt=0.1)
    reason: str = ""
    """Why this policy may be looser than the default, e.g. that the data are public."""

    @model_validator(mode="after")
    def _declared(self) -> "Policy":
        looser = (
            self.minimum_patients < MINIMUM_PATIENTS
            or self.minimum_sites < MINIMUM_SITES
            or self.patients_per_coefficient < PATIENTS_PER_COEFFICIENT
            or not self.masked_only
        )
        if looser and not self.reason:
            raise ValueError("the policy is looser than the default; say why in policy.reason")
        return self


def model_sentence(study: Study, site: str) -> str | None:
    """What a person writes out to accept what a study's model says beyond sums over many; None where it says nothing.

    Parameters
    ----------
    study : the study
    site : name of the site
    """
    discloses = learner_of(study.model).discloses
    return None if discloses is None else discloses.format(site=site)


def sentence(site: str) -> str:
    """What a person writes out to accept that a site's own sums can be concluded."""
    return f"the sums of {site} can be concluded"


def unblurred(site: str) -> str:
    """What a person writes out to accept what a network with differential privacy says without noise."""
    return f"numbers of patients and measures of {site} leave without noise"
