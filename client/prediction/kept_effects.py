"""What a study found about this hospital's own scanners, kept here for the patients who come after it.

The effects of its batches were estimated at this site and never left. Patients of a scanner that took part need them;
those of a new scanner are as at an unseen site.
"""

import math
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from client.cohort.harmonize import Effects
from harmonization.combat import BatchEffect
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.files import document, durable_file
from shared.sections.section import Section

_FILE = "effects.json"


class KeptEffect(Section):
    """One batch's effect, as far as it is taken out of anybody."""

    gamma: tuple[float | None, ...]
    delta: tuple[float, ...]

    @classmethod
    def of(cls, effect: BatchEffect) -> "KeptEffect":
        """Keep an effect; a location that could not be measured is None."""
        gamma = tuple(None if math.isnan(location) else location for location in effect.gamma_star.tolist())
        return cls(gamma=gamma, delta=tuple(effect.delta_star.tolist()))

    def effect(self) -> BatchEffect:
        """The same for `combat.apply`; counts are not kept."""
        gamma = np.array([math.nan if location is None else location for location in self.gamma])
        delta, unknown = np.array(self.delta), np.full(len(gamma), np.nan)
        return BatchEffect(unknown, gamma, delta, gamma, delta)


class KeptBatch(Section):
    """A batch of this hospital, and the scanners that were in it."""

    scanners: tuple[str, ...]
    features: KeptEffect | None = None
    """None where the batch stays as it is: a reference."""
    scores: KeptEffect | None = None


class KeptEffects(Section):
    """All batches of this hospital in the fit of all patients of a study."""

    batches: dict[str, KeptBatch]

    def batch_of(self, scanner: str) -> str | None:
        """The batch of a scanner; None where it is new."""
        return next((name for name, batch in self.batches.items() if scanner in batch.scanners), None)

    def effects(self) -> Effects:
        """Of all batches, as `client.cohort.harmonize` takes them."""
        return Effects(
            {name: batch.features.effect() for name, batch in self.batches.items() if batch.features is not None},
            {name: batch.scores.effect() for name, batch in self.batches.items() if batch.scores is not None},
        )


def keep(folder: Path, effects: Effects, batch: Array, scanner: Array) -> None:
    """Write the effects into the folder of a run.

    Parameters
    ----------
    folder : of the approval under which the run was made
    effects : of the fit of all patients
    batch, scanner : (n,) of each patient
    """
    batches = {
        name: KeptBatch(
            scanners=tuple(sorted(map(str, np.unique(scanner[batch == name])))),
            features=KeptEffect.of(effects.features[name]) if name in effects.features else None,
            scores=KeptEffect.of(effects.scores[name]) if name in effects.scores else None,
        )
        for name in map(str, np.unique(batch))
    }
    durable_file.write(folder / _FILE, document.canonical(KeptEffects(batches=batches)))


def find(folder: Path) -> KeptEffects | None:
    """What was kept of a run; None where this site did not finish it.

    Raises
    ------
    MrfedError where the file is damaged.
    """
    path = folder / _FILE
    if not path.exists():
        return None
    try:
        return KeptEffects.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"{path}: damaged; restore it from a backup, or remove it to be taken for an unseen site",
        ) from error
