"""The mapping file: what a site says about its exports where rules cannot know."""

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from client.imaging.ingest.timing import Declared
from shared.errors import Code
from shared.files import document
from shared.sections.section import Section
from shared.sections.sequence import Sequence


class Role(StrEnum):
    """What a mask outlines; maps know the regions by these names."""

    TUMOUR = "tumour"
    BREAST = "breast"
    VOI = "voi"
    """Volume of interest around the tumour, for the functional tumour volume."""
    CONTRALATERAL_FIBROGLANDULAR = "contralateral_fibroglandular"
    """Fibroglandular tissue of the breast without the tumour, for background enhancement."""


class SeriesRule(Section):
    """Series whose description matches are what the rule says."""

    description: str
    """Regular expression, searched in SeriesDescription, case-insensitive."""
    sequence: Sequence | Literal["ignore"]
    number: int | None = None
    """SeriesNumber, where several series are called alike."""

    @field_validator("description")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return _checked(value)


class BValueRule(Section):
    """b-values of series whose description matches, for scanners that do not write them into every header."""

    description: str
    """Regular expression, searched in SeriesDescription, case-insensitive."""
    values: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1)
    """s/mm², of the images at each place in the order of their instance numbers; where a header states one, it must
    agree."""

    @field_validator("description")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return _checked(value)


class MaskRule(Section):
    """Masks whose label matches outline what the rule says."""

    label: str
    """Regular expression, searched in the segment's label, the region's name or the file's name."""
    role: Role | Literal["ignore"]

    @field_validator("label")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return _checked(value)


class DynamicTiming(Section):
    """Timing of the dynamic series, where the DICOM does not state it. What comes of it is marked assumed."""

    seconds_after_injection: tuple[float, ...] | None = None
    """Of the centre of k-space of each phase; zero or less is before contrast."""
    injection_after_start_s: float | None = None
    """From the start of the first phase to the injection, where only the phases have times."""


class SaturationImages(Section):
    """How the images of a saturation (CEST) series were made, in the order of their instance numbers."""

    offsets_ppm: tuple[float | None, ...]
    """Of the saturation from the water frequency; null for an image without saturation."""
    fat_suppressed: bool = False


class DiffusionTime(Section):
    """How one image of a series with several diffusion times was made."""

    b_value: float = Field(ge=0)
    """s/mm²."""
    frequency_hz: float = Field(default=0, ge=0)
    """Of cosine-modulated gradients; 0 for pulsed ones."""
    duration_ms: float = Field(gt=0)
    """Length of each gradient lobe, or of the whole train where it oscillates."""
    separation_ms: float = Field(gt=0)
    """From the start of the first lobe to the start of the second."""


class PatientRule(Section):
    """What holds for one patient."""

    table_name: str | None = None
    """How the clinical table calls the patient, where it differs from the DICOM."""
    study: str | None = None
    """StudyInstanceUID or date (YYYYMMDD) of the examination before treatment; otherwise the earliest."""
    lesion: str | None = None
    """Label of the tumour mask whose HER2 was sampled, where there are several."""
    breast: Literal["left", "right"] | None = None
    """Which breast the images show, where neither they nor their headers tell."""
    series: tuple[SeriesRule, ...] = ()
    """Before the site's rules."""
    timing: DynamicTiming | None = None
    """Where it differs from the site's."""


class Mapping(Section):
    """All that a site declares about its exports. The first rule that matches holds."""

    series: tuple[SeriesRule, ...] = ()
    masks: tuple[MaskRule, ...] = ()
    baseline: str | None = None
    """Time point before treatment, as a trial labels it in the DICOM (0012,0050): T0 in one trial, T1 in another."""
    b_values: tuple[BValueRule, ...] = ()
    units: dict[Sequence, str] = Field(default_factory=dict)
    """Units of the scanner's own maps where the DICOM does not declare them, as `10^-6 mm2/s`."""
    reader: str | None = None
    """Whose masks are used where several readers drew."""
    timing: DynamicTiming = DynamicTiming()
    saturation: SaturationImages | None = None
    """DICOM has no place for the offsets of a saturation series."""
    diffusion_times: tuple[DiffusionTime, ...] = ()
    """Nor for gradient waveforms: of each image, in the order of the instance numbers."""
    patients: dict[str, PatientRule] = Field(default_factory=dict)

    def sequence_of(
        self, description: str, number: int | None = None, patient: str = ""
    ) -> Sequence | Literal["ignore"] | None:
        """What a rule says a series is, the patient's own rules first; None where no rule matches."""
        rules = (*self.patient(patient).series, *self.series)
        matching = (rule for rule in rules if rule.number in (None, number) and _found(rule.description, [description]))
        return next((rule.sequence for rule in matching), None)

    def b_values_of(self, description: str) -> tuple[float, ...] | None:
        """b-values that the site declares for a series; None where no rule matches."""
        return next((rule.values for rule in self.b_values if _found(rule.description, [description])), None)

    def role_of(self, labels: Iterable[str]) -> Role | Literal["ignore"] | None:
        """What a rule says a mask outlines, by any of its labels; None where no rule matches."""
        labels = list(labels)
        return next((rule.role for rule in self.masks if _found(rule.label, labels)), None)

    def patient(self, identifier: str) -> PatientRule:
        """The rule of a patient; an empty one where there is none."""
        return self.patients.get(identifier, PatientRule())

    def declared_timing(self, identifier: str) -> Declared:
        """Declared timing of a patient's dynamic series."""
        timing = self.patient(identifier).timing or self.timing
        return Declared(timing.seconds_after_injection, timing.injection_after_start_s)


def load(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    MrfedError, one line for each fault: file, line, setting, what is wrong, what to do.
    """
    if all(not line.strip() or line.lstrip().startswith("#") for line in document.lines(path, Code.SITE_INVALID)):
        return Mapping()  # begun by check --write-mapping, and nothing answered yet
    return document.load(path, Mapping, Code.SITE_INVALID)


def _checked(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return pattern


def _found(pattern: str, texts: Iterable[str]) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for text in texts)
