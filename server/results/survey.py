"""What the sites of a planned study could bring: the model of `feasibility.json`.

A count that is None lies under the study's minimum of patients.
"""

from pydantic import BaseModel, ConfigDict

from shared.study.study import Study


class Part(BaseModel):
    """A part of a survey: unknown fields are errors, and nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Protocol(Part):
    """Medians over the patients of one scanner; 0 where there is no such sequence."""

    scanner: str
    phases: float
    """Of the dynamic series."""
    seconds_between: float
    highest_b: float
    """s/mm²"""


class SurveyedSite(Part):
    """One site."""

    site: str
    patients: int
    usable: int | None
    classes: tuple[int | None, ...]
    having: tuple[str, ...]
    """For each sequence of the study: how many patients have it, in words."""
    problems: tuple[tuple[str, int | None], ...]
    protocols: tuple[Protocol, ...]


class Prospect(Part):
    """What numbers of patients could show of a class against the others; sites that hide counts are not in it."""

    target: str
    """The class that is judged: the second of two, each of more."""
    external: bool
    """Whether these are the study's external sites, on whom the final model is tested, or those that train."""
    sites: tuple[str, ...]
    detectable_auc: float | None
    """Smallest site-stratified AUC told from chance with 80 % power at 5 %, two-sided."""
    half_width: float
    """Of a 95 % interval about an AUC of 0.75."""
    power: tuple[tuple[float, float], ...]
    """For true AUCs: the probability that they are told from chance."""


class PowerAt(Part):
    """Probabilities that a true effect is told from chance, at 5 %, two-sided."""

    correlation: float
    """Within sites."""
    concordance: float
    """That goes with it, where values are bivariate normal."""
    by_concordance: float
    by_correlation: float


class ProspectOfNumber(Part):
    """What numbers of patients could show of a continuous endpoint; sites whose counts are hidden are not in it."""

    external: bool
    """Whether these are the study's external sites, on whom the final model is tested, or those that train."""
    sites: tuple[str, ...]
    patients: int
    detectable_concordance: float | None
    """Smallest concordance index within sites told from 0.5 with 80 % power at 5 %, two-sided."""
    detectable_correlation: float | None
    """Smallest correlation within sites told from 0, as well."""
    half_width: float
    """Of a 95 % interval about a concordance of 0.65."""
    error_width: float
    """Half of a 95 % interval about the root of the mean squared error, as a share of it, where errors are normal."""
    power: tuple[PowerAt, ...]


class Survey(Part):
    """A feasibility study, whole."""

    format: int = 1
    study: Study
    study_digest: str
    sites: tuple[SurveyedSite, ...]
    absent: tuple[tuple[str, str], ...]
    """Sites that took no part, and why in a word."""
    prospects: tuple[Prospect, ...] = ()
    """Of sites that train, then of external ones; none where no site shows both the class and others."""
    prospects_of_number: tuple[ProspectOfNumber, ...] = ()
    """The same of a continuous endpoint; none where no site shows two patients."""
