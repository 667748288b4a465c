"""Repeated measurements of a site's patients on the disk, from which stability is computed; they never leave it."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from client.preparation.paths import prepared_folder
from client.site.site_file import Site
from shared import arrays
from shared.errors import Code, MrfedError
from shared.study.study import Study


@dataclass(frozen=True)
class Measurements:
    """Features of patients who were measured several times.

    Parameters
    ----------
    features : names
    patients : (p,) names in the clinical table
    values : (p, measurements, f), NaN where there is none
    """

    features: tuple[str, ...]
    patients: NDArray[np.str_]
    values: NDArray[np.float64]

    def of(self, patients: Collection[str]) -> "Measurements":
        """Those of some patients."""
        inside = np.isin(self.patients, np.array(sorted(patients), dtype=str))
        return Measurements(self.features, self.patients[inside], self.values[inside])

    def aligned(self, features: Collection[str]) -> NDArray[np.float64]:
        """(p, measurements, f) values of other features, NaN of those that were not measured."""
        place = {name: number for number, name in enumerate(self.features)}
        number = np.array([place.get(name, -1) for name in features])
        return np.where(number >= 0, self.values[:, :, number], np.nan)


def stability_file(site: Site, study: Study, *, readers: bool) -> Path:
    """Where the measurements are kept."""
    return prepared_folder(site, study) / ("stability-readers.npz" if readers else "stability-perturbations.npz")


def write(path: Path, measured: Measurements) -> None:
    """Keep measurements, whole or not at all."""
    arrays.save(
        path,
        {"features": np.array(measured.features), "patients": measured.patients, "values": measured.values},
    )


def read(path: Path, command: str) -> Measurements:
    """What was kept.

    Parameters
    ----------
    path : of the file
    command : what makes it, for the error

    Raises
    ------
    MrfedError where nothing was measured.
    """
    try:
        kept = arrays.load(path)
    except FileNotFoundError as error:
        raise MrfedError(Code.DATA_MISSING, f"{path}: nothing was measured yet; run {command} first") from error
    return Measurements(tuple(kept["features"].tolist()), kept["patients"], kept["values"])
