"""A hospital's scanner and its protocols, within the ranges that are met in breast MRI."""

from enum import StrEnum

from pydantic import Field, model_validator

from shared.sections.section import Section
from simulations.phantom.grid import Plane


class Vendor(StrEnum):
    """Who made the scanner, and so which dialect its DICOM speaks."""

    GE = "ge"
    PHILIPS = "philips"
    SIEMENS = "siemens"
    UIH = "uih"


class Stack(Section):
    """Geometry of a series."""

    rows: int = Field(ge=16, le=1024)
    columns: int = Field(ge=16, le=1024)
    slices: int = Field(ge=4, le=400)
    plane: Plane = Plane.AXIAL
    tilt_deg: float = Field(default=0, ge=-30, le=30)
    """Slices turned about the left-right axis: what makes a series oblique."""


class DceProtocol(Stack):
    """Dynamic contrast-enhanced series, by a spoiled gradient echo."""

    in_plane_mm: float = Field(ge=0.5, le=1.1)
    slice_mm: float = Field(ge=0.8, le=3.0)
    tr_ms: float = Field(ge=3.5, le=7.0)
    te_ms: float = Field(ge=1.2, le=2.8)
    flip_deg: float = Field(ge=8, le=20)
    phases: int = Field(ge=3, le=60)
    """The first is before the contrast agent."""
    phase_s: float = Field(ge=3, le=120)
    delay_s: float = Field(default=15, ge=0, le=60)
    """From the injection to the start of the first phase after it."""
    relaxivity_l_per_mmol_s: float = Field(ge=3.5, le=6.3)
    agent: str
    fat_residual: float = Field(default=0.15, ge=0, le=1)
    """Share of fat's signal that fat suppression leaves; 1 without it."""
    snr: float = Field(ge=15, le=60)
    """Fibroglandular signal before contrast over the noise of a channel."""
    motion_mm: float = Field(default=0, ge=0, le=4)
    """Standard deviation of the breast's displacement between phases, along each axis."""


class DwiProtocol(Stack):
    """Diffusion-weighted series, by echo-planar imaging."""

    in_plane_mm: float = Field(ge=1.2, le=2.5)
    slice_mm: float = Field(ge=3.0, le=5.0)
    tr_ms: float = Field(ge=3000, le=12000)
    te_ms: float = Field(ge=45, le=110)
    b_values: tuple[int, ...] = Field(min_length=2)
    """s/mm^2, ascending."""
    snr: float = Field(ge=5, le=30)
    """A typical tumour's signal at the highest b-value over the noise of a channel."""
    epi_shift_mm: float = Field(default=0, ge=0, le=6)
    """Displacement along the phase-encoding direction (rows) by the field's inhomogeneity, at most."""

    @model_validator(mode="after")
    def _ascending(self) -> "DwiProtocol":
        if any(low >= high for low, high in zip(self.b_values, self.b_values[1:], strict=False)):
            raise ValueError("b_values must ascend")
        if not 600 <= self.b_values[-1] <= 4000:
            raise ValueError("the highest b-value must lie between 600 and 4000 s/mm^2")
        return self


class Export(Section):
    """How the images leave the scanner, beyond what its vendor always does."""

    multiframe: bool = False
    """Enhanced objects, one a series, instead of classic ones, one a slice."""
    descending: bool = False
    """Slices numbered against the normal of their plane."""
    states_timing: bool = True
    """Without, an anonymizer has left nothing but the content time, and no start of the bolus."""
    compressed: bool = False
    """Pixel data run-length encoded (RLE Lossless)."""


class Upgrade(Section):
    """New software on a scanner, and what it does to the images."""

    from_patient: int = Field(ge=2)
    """First patient who is examined under it."""
    software: str
    dce_snr: float = Field(ge=15, le=60)
    """In the place of `dce.snr`."""
    gain: float = Field(gt=0)
    """In the place of `gain`."""


class Scanner(Section):
    """One scanner."""

    vendor: Vendor
    model: str
    field_t: float
    software: str
    gain: float = Field(gt=0)
    """Stored value of a unit of signal; differs between scanners for no physical reason."""
    gain_jitter: float = Field(default=0.1, ge=0, le=0.5)
    """Log standard deviation of the gain between exams (prescan)."""
    bias: float = Field(ge=0.1, le=0.4)
    """Relative range of the receive sensitivity over the breast."""
    b1_asymmetry: float = Field(ge=0, le=0.25)
    """Relative excess of the flip angle at the body's left side."""
    dce: DceProtocol
    dwi: DwiProtocol
    export: Export = Export()
    upgrade: Upgrade | None = None

    def at(self, patient: int) -> "Scanner":
        """The scanner as it is when a patient is examined; patients are counted from 1, in the order of examination."""
        if self.upgrade is None or patient < self.upgrade.from_patient:
            return self
        dce = self.dce.model_copy(update={"snr": self.upgrade.dce_snr})
        return self.model_copy(update={"software": self.upgrade.software, "gain": self.upgrade.gain, "dce": dce})

    @model_validator(mode="after")
    def _field_is_known(self) -> "Scanner":
        if self.field_t not in (1.5, 3.0):
            raise ValueError("field_t must be 1.5 or 3.0: relaxation times are known for these")
        return self
