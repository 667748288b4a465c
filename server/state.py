"""What the stages of a study have returned so far, at the coordinator: nothing but what follows from the exchanges."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harmonization.normalizing_transform import NormalizingTransform
from server.agreed import Agreed, Harmonized
from server.journal import Exchange
from server.stages.evaluate import Judgements
from shared.results.evaluation import Chance
from shared.results.site_probes import SiteProbes
from shared.step import Step
from shared.training.progress import Learned

if TYPE_CHECKING:
    from server.stages.network import NetworkStage  # torch and MONAI, where they are needed


class State:
    """What the stages have returned so far, each under its step."""

    def __init__(self) -> None:
        self._returned: dict[Step, Any] = {}

    def keep(self, step: Step, returned: object) -> None:
        """Keep what the stage of a step has returned."""
        self._returned[step] = returned

    @property
    def agreed(self) -> Agreed:
        """Of the inventory."""
        agreed: Agreed = self._returned[Step.INVENTORY]
        return agreed

    @property
    def described(self) -> Exchange:
        """Of the description."""
        described: Exchange = self._returned[Step.DESCRIBE]
        return described

    @property
    def normalizing_transforms(self) -> tuple[NormalizingTransform, ...]:
        """Of the transform; none where the study transforms nothing."""
        transforms: tuple[NormalizingTransform, ...] = self._returned.get(Step.TRANSFORM, ())
        return transforms

    @property
    def harmonized(self) -> Harmonized:
        """Of harmonization, with CovBat's components where the study asks for them."""
        harmonized: Harmonized = self._returned[Step.HARMONIZE]
        return replace(harmonized, components=self._returned.get(Step.COVARIANCE, ()))

    @property
    def learned(self) -> Learned:
        """Of the moments."""
        learned: Learned = self._returned[Step.MOMENTS]
        return learned

    @property
    def network(self) -> "NetworkStage":
        """Of the training of a network."""
        network: NetworkStage = self._returned[Step.TRAINING_WEIGHTS]
        return network

    @property
    def judgements(self) -> Judgements:
        """Of the evaluation, whatever the endpoint."""
        step = Step.RESIDUALS if Step.RESIDUALS in self._returned else Step.EVALUATE
        judgements: Judgements = self._returned[step]
        return judgements

    @property
    def chance(self) -> Chance | None:
        """Of shuffled labels; None where the study shuffles none."""
        chance: Chance | None = self._returned.get(Step.SHUFFLE_EVALUATE)
        return chance

    @property
    def probes(self) -> SiteProbes | None:
        """Of the site probes; None where the study does not probe."""
        probes: SiteProbes | None = self._returned.get(Step.PROBE_PREDICT)
        return probes

    def returned(self, step: Step) -> Any:
        """What the stage of a step has returned; None where the study has none."""
        return self._returned.get(step)
