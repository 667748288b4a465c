"""What is kept of each prepared patient, in a file of its own."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from shared.errors import Code
from shared.files import durable_file


@dataclass(frozen=True)
class Failure:
    """Why a patient has no features. The code may travel; the text stays."""

    code: Code
    text: str


@dataclass(frozen=True)
class Record:
    """One patient's features, or why there are none.

    Parameters
    ----------
    key : digest of the files, the settings and the mapping that it came from
    patient : as the clinical table calls it
    scanner : make, model and field strength
    software : of the scanner
    examined : date of the examination, YYYYMMDD
    timing : where the phases' seconds come from, in words; empty without a dynamic series
    timing_assumed : the site declared them, or part of them
    features : `IMAGE.REGION.FEATURE` -> value, NaN where it has none
    missing : why features have no value
    findings : numbers for quality control
    landmarks : of each image's histogram, instead of features while the standard is being learned
    voxels : why there are no voxels of which habitats are made; empty where they lie beside the record, or none are
        asked for
    habitats : features of the habitats under each clustering, instead of features
    notes : decisions that a person may want to check
    failure : instead of features
    """

    key: str
    patient: str
    scanner: str = ""
    software: str = ""
    examined: str = ""
    timing: str = ""
    timing_assumed: bool = False
    features: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    findings: dict[str, float] = field(default_factory=dict)
    landmarks: dict[str, tuple[float, ...]] = field(default_factory=dict)
    voxels: str = ""
    habitats: tuple[dict[str, float], ...] = ()
    notes: tuple[str, ...] = ()
    failure: Failure | None = None

    @property
    def holds(self) -> bool:
        """Whether the same files and settings would give the same again; what broke down is tried again."""
        return self.failure is None or self.failure.code is not Code.INTERNAL

    def write(self, path: Path) -> None:
        """Keep the record."""
        durable_file.write(path, json.dumps(asdict(self)).encode())


def read(path: Path) -> Record | None:
    """A kept record; None where there is none, or it is of another version of this program."""
    try:
        content = json.loads(path.read_bytes())
        failure = content.pop("failure")
        notes, habitats = tuple(content.pop("notes")), tuple(content.pop("habitats"))
        return Record(
            **content,
            notes=notes,
            habitats=habitats,
            failure=Failure(Code(failure["code"]), failure["text"]) if failure else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
