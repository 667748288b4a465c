"""What came out of a study: the model of `result.json`, and all that the report shows.

Only counts, sums and what follows from them. A count that is None lies under the study's minimum of patients;
a measure that is None has no value (one class, separated classes, too few patients).
"""

from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from shared.errors import Code, MrfedError
from shared.files import document, named_file
from shared.results.continuous import ComparedResiduals, ViewResiduals
from shared.results.evaluation import Chance, ClassCalls, Measured, Transfer, ViewEvaluation
from shared.results.habitat_model import HabitatModel
from shared.results.harmonized import AssessedFeature, FeatureHarmonization, FeatureStability
from shared.results.model import ExplainedFeature, FinalModel
from shared.results.network import FinalNetwork
from shared.results.part import Part
from shared.results.site_probes import SiteProbes
from shared.results.taking_part import Departure, Exchange, LockedProtocol, Participant, Provenance
from shared.sections.imaging import ImageName
from shared.study.study import Study

NOTICES = {
    "simulated": "SIMULATED PATIENTS. Effects were programmed. Performance says nothing about patients. "
    "Research use only; not a medical device.",
    "real": "Research use only; not a medical device.",
}
"""What every page says, by `question.patients`."""


class Result(Part):
    """A study's result, whole."""

    format: int = 1
    study: Study
    study_digest: str
    participants: tuple[Participant, ...]
    harmonized: tuple[FeatureHarmonization, ...]
    """Every feature of the study; empty without harmonization or where sums of single sites are hidden."""
    assessed: tuple[AssessedFeature, ...] = ()
    """What still tells the sites apart, of every feature of the study, from sums over all sites."""
    site_probes: SiteProbes | None = None
    """How well classifiers guess the site; None where the study does not probe."""
    stability: tuple[FeatureStability, ...] = ()
    """Of every feature; empty where the study does not ask."""
    standards: dict[ImageName, tuple[float, ...]] = Field(default_factory=dict)
    """Landmarks of the standard histogram of each image, of all sites together; empty where the study asks for none."""
    habitats: HabitatModel | None = None
    """None where the study asks for no habitats."""
    model: FinalModel | None = None
    """None where the study trains a network."""
    network: FinalNetwork | None = None
    evaluations: tuple[ViewEvaluation, ...]
    residuals: tuple[ViewResiduals, ...] = ()
    """In place of them, where the endpoint is a number."""
    compared: tuple[ComparedResiduals, ...] = ()
    """There in place of `comparisons`."""
    comparisons: tuple[Measured, ...] = ()
    """The model and what it is held against, on the same patients."""
    transfers: tuple[Transfer, ...] = ()
    """Each site's own model at each site; empty where the sums of single sites are hidden."""
    explained: tuple[ExplainedFeature, ...] = ()
    """Features of the final model, from the largest weight on."""
    chance: Chance | None = None
    """None where the study does not shuffle labels."""
    class_calls: tuple[ClassCalls, ...] = ()
    """Of the model, in every view."""
    exchanges: tuple[Exchange, ...]
    departures: tuple[Departure, ...]
    deviations: tuple[str, ...] = ()
    """What went otherwise than the study file or its locked protocol says, a sentence each."""
    locked: LockedProtocol | None = None
    """None where the study was not locked beforehand."""
    provenance: Provenance

    @property
    def notice(self) -> str:
        """What every page says."""
        return NOTICES[self.study.question.patients]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all but traffic and provenance: equal for a repetition with the same data and seed."""
        return document.digest(self.model_dump(mode="json", exclude={"exchanges", "provenance"}))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.study_digest != self.study.digest:
            raise ValueError("study_digest is not the digest of the study in this result")
        classes = len(self.study.question.endpoint.classes)
        if any(len(participant.classes) != classes for participant in self.participants):
            raise ValueError(f"every participant has a count for each of the {classes} classes")
        sites = [participant.site for participant in self.participants]
        of_views: tuple[ViewEvaluation | ViewResiduals, ...] = (*self.evaluations, *self.residuals)
        for evaluation in of_views:
            if not {at_site.site for at_site in evaluation.sites} <= set(sites):
                raise ValueError(f"{evaluation.view}: a site is evaluated that took no part")
        return self


def load(path: Path) -> Result:
    """Read the `result.json` of a study.

    Raises
    ------
    MrfedError where it is none.
    """
    try:
        return Result.model_validate_json(named_file.read(path, Code.DATA_UNREADABLE))
    except ValidationError as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"{path}: not the result of a study of this version; get its result.json anew"
        ) from error
