"""Voxel vectors on the disk: of a patient beside her record, and of all patients together for the search of habitats.

They never leave the site; what leaves are sums over them (`shared.clustering.clusterings`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared import arrays
from shared.errors import Code, MrfedError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SiteVoxels:
    """Voxels of a site's patients.

    Parameters
    ----------
    vectors : (n, d) values of the maps, in their units
    patient : (n,) index of the patient that each is of
    names : of the patients, in the clinical table
    """

    vectors: Array
    patient: NDArray[np.intp]
    names: NDArray[np.str_]

    @property
    def patients(self) -> int:
        """Number of patients."""
        return len(self.names)

    @property
    def weights(self) -> Array:
        """(n,) one over the voxels of the same patient, so that each patient weighs 1."""
        return np.asarray(1 / np.bincount(self.patient, minlength=1)[self.patient])


def write(record: Path, key: str, vectors: Array) -> None:
    """Keep a patient's vectors beside her record.

    Parameters
    ----------
    record : path of the record
    key : of the record, so that vectors of other files or settings are not taken for hers
    vectors : (n, d); maps are of single precision, and so is what is kept
    """
    arrays.save(_beside(record), {"key": np.array(key), "vectors": vectors.astype(np.float32)})


def read(record: Path, key: str) -> Array | None:
    """A patient's vectors; None where there are none that belong to the record."""
    try:
        kept = arrays.load(_beside(record))
    except FileNotFoundError:
        return None
    return kept["vectors"].astype(np.float64) if str(kept["key"]) == key else None


def write_all(path: Path, vectors: Mapping[str, Array]) -> None:
    """Keep the vectors of all patients, by their names in the clinical table.

    Raises
    ------
    MrfedError where there are none.
    """
    patients = sorted(vectors)
    if not patients:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{path}: no patient has a voxel with a value in every map of radiomics.habitats.maps; check these maps",
        )
    arrays.save(
        path,
        {
            "patients": np.array(patients),
            "voxels": np.array([len(vectors[patient]) for patient in patients]),
            "vectors": np.concatenate([vectors[patient] for patient in patients]).astype(np.float32),
        },
    )


def read_all(path: Path, patients: Collection[str]) -> SiteVoxels:
    """The vectors of some patients; those who have none are left out.

    Raises
    ------
    MrfedError where the file is missing, or none of the patients is in it.
    """
    try:
        kept = arrays.load(path)
    except FileNotFoundError as error:
        raise MrfedError(Code.DATA_MISSING, f"{path}: missing; run mrfed-site prepare again") from error
    wanted = np.isin(kept["patients"], np.array(sorted(patients), dtype=str))
    if not wanted.any():
        raise MrfedError(
            Code.TOO_FEW_PATIENTS, f"{path}: no patient of the study has a voxel with a value in every map of habitats"
        )
    inside = np.repeat(wanted, kept["voxels"])
    patient = np.repeat(np.arange(wanted.sum()), kept["voxels"][wanted])
    return SiteVoxels(kept["vectors"][inside].astype(np.float64), patient, kept["patients"][wanted])


def _beside(record: Path) -> Path:
    return record.with_suffix(".npz")
