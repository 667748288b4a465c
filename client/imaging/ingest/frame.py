"""What the index keeps of each image, and of each object that holds masks."""

from dataclasses import dataclass

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Frame:
    """One two-dimensional image: a classic object, or one frame of an Enhanced one.

    None stands for what the header does not say. Times are seconds on the clock of the study (days included
    where the header has dates), so only their differences mean anything.
    """

    path: str
    """Relative to the folder of exports."""
    index: int
    """Which frame of the file, from 0."""
    patient: str
    person: str
    """Digest of the birth date, where stated: two of them under one patient identifier are two people."""
    called: str
    """Digest of the name, where stated: two of them may be two people, or one who married."""
    study: str
    study_date: str
    """YYYYMMDD: of the study, else of the acquisition, else of the series; empty where none is stated."""
    series: str
    instance: str
    sop_class: str
    modality: str
    series_number: int | None
    instance_number: int | None
    acquisition_number: int | None
    description: str
    image_type: tuple[str, ...]
    sequence_name: str
    scanning_sequence: str
    manufacturer: str
    model: str
    field_t: float | None
    software: str
    laterality: str
    frame_of_reference: str
    timepoint: str
    """Longitudinal time point as a trial labels it (`client.imaging.ingest.baseline`)."""
    tr_ms: float | None
    te_ms: float | None
    flip_angle_deg: float | None
    b_value: float | None
    acquired_s: float | None
    """Start of the acquisition of this image or its volume."""
    centre_s: float | None
    """The moment that the header calls representative of the image (FrameReferenceDateTime)."""
    content_s: float | None
    trigger_ms: float | None
    temporal_index: int | None
    temporal_offset_s: float | None
    duration_s: float | None
    injection_s: float | None
    rows: int
    columns: int
    position_mm: Triple | None
    orientation: tuple[float, float, float, float, float, float] | None
    row_spacing_mm: float | None
    """Distance between rows."""
    column_spacing_mm: float | None
    thickness_mm: float | None
    slope: float
    intercept: float
    unit: str
    """Unit after scaling, where the header declares one; empty otherwise."""
    study_date_stated: bool = True
    """Whether `study_date` is that of the study, and not of the acquisition or the series in its place."""
    scale: str = ""
    """What brought stored values to what they mean (`client.imaging.ingest.scaling.Scale`)."""
    derivation: str = ""
    """How the image was derived from others, in the header's words; lower case."""
    trace: bool = False
    """Whether the scanner combined the directions of the diffusion gradient."""
    phase_encoding: str = ""
    """Axis and, where stated, sense of phase encoding, as the vendor writes it."""
    tile: tuple[int, int] | None = None
    """First row and column of the slice in an image that packs a whole volume."""
    compressed: bool = False
    """Whether the pixels must be decoded to know that they are whole."""
    direction: Triple | None = None
    """Of the diffusion gradient, a unit vector; in the patient's or the scanner's axes, as the vendor writes it."""

    @property
    def series_name(self) -> str:
        """What a person calls the series: its number and description."""
        name = self.description or "without name"
        return name if self.series_number is None else f"series {self.series_number} {name}"


@dataclass(frozen=True)
class Segment:
    """One mask of an object that holds masks."""

    number: int
    label: str


@dataclass(frozen=True)
class MaskObject:
    """A DICOM SEG or RTSTRUCT."""

    path: str
    patient: str
    study: str
    series: str
    instance: str
    modality: str
    description: str
    reader: str
    """Who drew it, as the header says."""
    referenced_series: tuple[str, ...]
    frame_of_reference: str
    segments: tuple[Segment, ...]
