"""Which sequences a study uses, and what is done to them before maps and features are taken.

Steps are done in the order in which the study names them::

    imaging:
      sequences: [dce, dwi]
      images: [early]
      steps:
        - step: register
        - step: resample
          spacing_mm: [1, 1, 1]
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.sections.maps import PhaseChoice
from shared.sections.section import Section
from shared.sections.sequence import REPEATED, Sequence


class ImageName(StrEnum):
    """An image in arbitrary units from which features are taken."""

    BEFORE = "before"
    """Dynamic phase before contrast."""
    EARLY = "early"
    """Dynamic phase nearest to `phases.early_s`."""
    LATE = "late"
    """Dynamic phase nearest to `phases.late_s`."""
    T2 = "t2"
    DWI = "dwi"
    """Diffusion-weighted image with the highest b-value."""


READ_FROM = {
    ImageName.BEFORE: Sequence.DCE,
    ImageName.EARLY: Sequence.DCE,
    ImageName.LATE: Sequence.DCE,
    ImageName.T2: Sequence.T2,
    ImageName.DWI: Sequence.DWI,
}
"""Sequence that each image comes from."""


class Resample(Section):
    """Bring everything onto one grid with a declared voxel size (B-spline; masks nearest)."""

    step: Literal["resample"]
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Along the columns, rows and slices of the dynamic series."""

    @model_validator(mode="after")
    def _positive(self) -> "Resample":
        if min(self.spacing_mm) <= 0:
            raise ValueError("spacing_mm must be positive")
        return self


class N4(Section):
    """Correct the bias field of the coils in images in arbitrary units; evidence for it is mixed."""

    step: Literal["n4"]
    shrink: int = Field(default=4, ge=1, le=16)
    """Voxels along each axis that are taken together while the field is found."""
    levels: int = Field(default=4, ge=1, le=6)
    """Each level halves the distance between the spline's control points."""
    iterations: int = Field(default=50, ge=1, le=500)
    """At most, in each level."""
    tolerance: float = Field(default=1e-3, gt=0)
    """A level ends where the field changes by less than this (coefficient of variation)."""


class Register(Section):
    """Bring phases onto the first one, and diffusion-weighted and T2 images onto the dynamic series.

    After a `resample` step images are interpolated only once.
    """

    step: Literal["register"]
    deformable: bool = True
    """B-splines after the rigid registration; taken only where they raise the mutual information and fold nothing."""
    control_spacing_mm: float = Field(default=40, gt=5)
    """Distance between the B-splines' control points."""
    samples: int = Field(default=20_000, ge=1000)
    """Voxels from which the mutual information is estimated."""


class BreastMask(Section):
    """Find the breast where none was drawn: normalization and fits then look at it alone."""

    step: Literal["breast_mask"]
    skin_mm: float = Field(default=2.0, ge=0)
    """Shell that counts as skin and is left out."""


class CropSide(Section):
    """Keep the side of the tumour where a field of view holds both breasts."""

    step: Literal["crop_side"]
    margin_mm: float = Field(default=20.0, ge=0)
    """What is kept beyond the middle."""


class ZScore(Section):
    """Give images in arbitrary units mean 0 and standard deviation 1 in the breast (or over all tissue)."""

    step: Literal["zscore"]


class Nyul(Section):
    """Map images in arbitrary units onto one standard histogram, learned across sites from sums."""

    step: Literal["nyul"]


Step = Annotated[BreastMask | CropSide | N4 | Nyul | Register | Resample | ZScore, Field(discriminator="step")]
"""One preprocessing step and its settings (`client.imaging.preprocess.registry`)."""


class Imaging(Section):
    """Sequences that a patient needs, the images that features come from, and the steps in between.

    Whatever the steps, all images of a patient end on one grid: that of the dynamic series (where a study has none,
    of T2 or the first map, or else of the diffusion-weighted series), or that of a `resample` step.
    """

    sequences: tuple[Sequence, ...] = Field(min_length=1)
    """A patient without one of these is left out, counted."""
    images: tuple[ImageName, ...] = (ImageName.EARLY,)
    """Images in arbitrary units from which features are taken; maps and quantitative sequences always are."""
    phases: PhaseChoice = PhaseChoice()
    """Which dynamic phases are the early and the late one."""
    tumour: Literal["drawn", "functional"] = "drawn"
    """The tumour's mask: the one that was drawn, or the functional tumour volume inside a drawn VOI."""
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _images_have_sequences(self) -> "Imaging":
        for name in self.images:
            if READ_FROM[name] not in self.sequences:
                raise ValueError(f"images names {name}, which is read from {READ_FROM[name]}; add that to sequences")
        named = [step.step for step in self.steps]
        if len(set(named)) != len(named):
            raise ValueError("steps names one step twice")
        if {"zscore", "nyul"} <= set(named):
            raise ValueError("steps names zscore and nyul: each undoes the other; keep one")
        if set(self.sequences) <= REPEATED:
            raise ValueError("sequences names only series that maps read; name one whose grid the others come onto")
        if len(set(self.sequences)) != len(self.sequences) or len(set(self.images)) != len(self.images):
            raise ValueError("sequences or images names something twice")
        return self
