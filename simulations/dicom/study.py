"""The study (in DICOM's sense) of one patient: identifiers and dates that derive from her number alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from simulations.patient import Patient
from simulations.randomness import uid
from simulations.scanner import Scanner

_FIRST_DAY = datetime(2024, 1, 8, 8, 30)


@dataclass(frozen=True)
class Study:
    """What all series of an exam belong to.

    Attributes
    ----------
    patient, scanner : who was examined, in what
    seed : seed of the cohort, from which identifiers derive
    """

    patient: Patient
    scanner: Scanner
    seed: int

    @property
    def start(self) -> datetime:
        """When the first series began: one patient a day."""
        return _FIRST_DAY + timedelta(days=self.patient.index, minutes=self.patient.index * 7 % 60)

    def uid(self, *names: str | int) -> str:
        """Identifier of a part of this study."""
        return uid(self.seed, self.patient.site, self.patient.index, *names)
