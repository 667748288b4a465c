"""The site file: where a hospital's data lies, which column is what, and which scanner made it."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from shared.errors import Code, MrfedError
from shared.files import document
from shared.privacy.policy import Policy
from shared.sections.federation import SITE_NAME
from shared.sections.section import Section


class Columns(Section):
    """Columns of the clinical table (or of a ready feature table)."""

    patient: str = "patient"
    ihc: str | None = None
    """HER2 immunohistochemistry: 0, 1+, 2+, 3+, null, ultralow."""
    ish: str | None = None
    """In-situ hybridisation result. A bare number is read only where the column's name says that it is a group."""
    ish_group: str | None = None
    """Dual-probe group, 1 to 5."""
    ish_ratio: str | None = None
    ish_copies: str | None = None
    scanner: str | None = None
    """Where absent, the scanner is read from the DICOM, or the site counts as one scanner."""
    treatment_start: str | None = None
    """Day on which neoadjuvant therapy began (YYYY-MM-DD): an examination from then on is not one before it."""
    biopsy: str | None = None
    """Day of the biopsy (YYYY-MM-DD)."""
    breast: str | None = None
    """Which breast was sampled: left or right; a mask in the other one is refused."""
    clip: str | None = None
    """Whether a marker clip was in place: 1 or yes."""
    haematoma: str | None = None
    """Whether the biopsy left a haematoma: 1 or yes."""
    implant: str | None = None
    """Whether the breast has an implant: 1 or yes."""


class Pictures(Section):
    """Columns of a table of ready images: a picture of each patient's largest slice of the lesion, and its box."""

    file: str = "file"
    """Path of the picture, from the table's folder."""
    box: tuple[str, str, str, str] = ("bbox_x", "bbox_y", "bbox_w", "bbox_h")
    """Left and upper edge, width and height of the lesion's box in pixels."""
    pixel_mm: str | None = None
    """Edge of a pixel."""


class Data(Section):
    """Where the data lies, relative to the site file."""

    dicom: Path | None = None
    """Folder of exports, of any layout. None where a feature table is ready."""
    features: Path | None = None
    """A ready feature table (CSV or Parquet), a row a patient."""
    images: Path | None = None
    """A table of ready images (CSV or Parquet), a row a patient: what networks take without DICOM."""
    pictures: Pictures = Pictures()
    """Columns of that table."""
    clinical: Path | None = None
    """Clinical table (CSV or Parquet), a row a patient; may be the feature table itself."""
    encoding: str | None = None
    """Encoding of CSV tables, where they are neither Unicode nor show what they are (`shift_jis`, say)."""

    mapping: Path | None = None
    """What rules cannot know about the exports (`client.imaging.ingest.mapping`): timing, labels, series, lesions."""

    @model_validator(mode="after")
    def _one_source(self) -> "Data":
        if sum(source is not None for source in (self.dicom, self.features, self.images)) != 1:
            raise ValueError(
                "give one of data.dicom (exports), data.features (a ready table) and data.images (ready images)"
            )
        return self


class ScannerChange(Section):
    """A day from which a scanner's images may differ, that the DICOM does not tell: a coil, a protocol."""

    scanner: str
    """As `mrfed-site drift` calls it: make, model and field strength."""
    since: date
    what: str
    """For the people of the hospital."""


class Site(Section):
    """A hospital's own settings. Nothing in this file leaves the hospital but its name."""

    name: str = Field(pattern=SITE_NAME)
    """As the study's federation.sites names it; never a patient's or a person's name."""
    patients: Literal["real", "simulated"] = "real"
    """A model of simulated patients is not applied to real ones."""
    data: Data
    columns: Columns = Columns()
    feature_columns: str | None = None
    """Prefix of the feature columns of a ready table; None takes every number column that is nothing else."""
    workspace: Path = Path("workspace")
    """Where prepared volumes, features, keys, approvals and the audit log lie, relative to the site file."""
    scanner_changes: tuple[ScannerChange, ...] = ()
    """Each begins a new batch where a study harmonizes by software."""
    workers: int = Field(default=2, ge=1)
    """Patients that are prepared at the same time while a study runs, once it has learned standards or habitats."""
    kept_images_gb: float = Field(default=4.0, ge=0)
    """Most that images kept between two passes over them may take; without room they are read again."""
    policy: Policy = Policy()
    """What no study may go below here."""

    @property
    def identity_key(self) -> Path:
        """Private key by which rosters know the site."""
        return self.workspace / "keys" / "identity.key"

    @property
    def audit_log(self) -> Path:
        """What was asked, what left, what was refused and approved."""
        return self.workspace / "audit.jsonl"


def load(path: Path) -> Site:
    """Read a site file; paths in it become absolute.

    Raises
    ------
    MrfedError, one line for each fault: file, line, setting, what is wrong, what to do.
    """
    if not path.exists():
        raise MrfedError(
            Code.SITE_INVALID,
            f"{path}: there is no such file; go to the folder that mrfed-site init made, or name the file as --site",
        )
    site = document.load(path, Site, Code.SITE_INVALID)
    folder = path.resolve().parent
    data = site.data.model_copy(
        update={
            name: folder / value
            for name in ("dicom", "features", "images", "clinical", "mapping")
            if (value := getattr(site.data, name)) is not None
        }
    )
    return site.model_copy(update={"data": data, "workspace": folder / site.workspace})
