"""What a study file says, section by section, and what follows from a few of them."""

from enum import StrEnum

from pydantic import Field

from shared.sections.comparators import Comparators
from shared.sections.federation import Federation
from shared.sections.governance import Governance
from shared.sections.harmonization import Covariate, Harmonization
from shared.sections.imaging import ImageName, Imaging
from shared.sections.learning import Evaluation, Training
from shared.sections.maps import MapRequest
from shared.sections.model import LogisticSettings, Model
from shared.sections.network import Network
from shared.sections.privacy import Privacy
from shared.sections.question import Question
from shared.sections.radiomics import Habitats, Radiomics
from shared.sections.section import Section
from shared.sections.selection import AllFeatures, Selection
from shared.sections.stability import Stability


class Purpose(StrEnum):
    """What a study is run for."""

    LEARN = "learn"
    FEASIBILITY = "feasibility"
    """Only to learn what the sites could bring: counts, sequences and protocols. No feature is summed."""


class StudySections(Section):
    """All sections of a study. Whether they go together is for `shared.study.rules` to say."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")
    version: int = Field(default=1, ge=1)
    title: str
    purpose: Purpose = Purpose.LEARN
    question: Question
    governance: Governance
    imaging: Imaging | None = None
    """None where the sites bring ready feature tables."""
    maps: tuple[MapRequest, ...] = ()
    radiomics: Radiomics | None = None
    harmonization: Harmonization = Harmonization()
    stability: Stability | None = None
    """None where features enter whether or not they are stable."""
    selection: Selection = AllFeatures()
    network: Network | None = None
    """A network on the images, instead of `model` and `training`."""
    model: Model = LogisticSettings()
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    comparators: Comparators = Comparators()
    privacy: Privacy = Privacy()
    federation: Federation

    @property
    def standardized(self) -> tuple[ImageName, ...]:
        """Images that are brought onto a standard histogram, which the sites learn together; none without that step."""
        steps = self.imaging.steps if self.imaging is not None else ()
        return self.imaging.images if self.imaging is not None and any(one.step == "nyul" for one in steps) else ()

    @property
    def endpoint_columns(self) -> tuple[str, ...]:
        """Columns by which harmonization keeps the endpoint; none unless the study says so."""
        if not self.harmonization.keep_endpoint:
            return ()
        return tuple(f"endpoint={one.name}" for one in self.question.endpoint.classes[1:])

    @property
    def habitats(self) -> Habitats | None:
        """How habitats are found; None where the study asks for none."""
        return self.radiomics.habitats if self.radiomics is not None else None

    @property
    def covariates(self) -> tuple[Covariate, ...]:
        """Clinical columns that the study reads, for harmonization or as predictors."""
        named = {one.column: one for one in (*self.harmonization.covariates, *self.comparators.clinical)}
        return tuple(named.values())
