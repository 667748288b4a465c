"""The patients of a study as a network sees them: ready pictures, or what `mrfed-site prepare` kept of each."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from client import record as kept
from client.learn import lesion as lesion_file
from client.learn import slices
from client.learn.cache import Cache
from client.learn.crop import PIPELINE, crop
from client.learn.examples import Examples
from client.learn.lesion import Lesion
from client.prepared import prepared_folder
from client.site import Site
from client.table import Table
from client.tabular import column, read
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.sections.network import Network
from shared.standards import Standards
from shared.study import Study


def load(site: Site, study: Study, table: Table, standards: Standards | None = None) -> Examples:
    """Images, variables and classes of everyone in a site's table, in its order.

    Parameters
    ----------
    site, study : whose, and what is asked
    table : the site's patients
    standards : standard histograms that their images are on, where the study asks for them

    Raises
    ------
    MrfedError naming the patient and what is missing or broken.
    """
    network = study.network
    assert network is not None
    clinical = [np.asarray(table.covariates[name], dtype=np.float64) for name in network.architecture.variables]
    variables = [*clinical, *table.x.T]  # the table's features are those that the study joins, in its order
    positive = np.asarray(table.y == 1)
    held = np.stack(variables, axis=1) if variables else None
    if network.architecture.name == "mlp":
        return Examples.of(np.zeros((len(positive), 0, 1, 1), np.float32), positive, held)
    found = list(_crops(site, study, network, [str(one) for one in table.patients], standards))
    images, inside = (np.stack([one[name] for one in found]) for name in ("images", "inside"))
    return Examples.of(images, positive, held, inside.astype(bool))


def _crops(
    site: Site, study: Study, network: Network, patients: list[str], standards: Standards | None
) -> Iterator[dict[str, Array]]:
    cache = Cache(site.workspace / "crops")
    settings = [PIPELINE, network.input.model_dump(mode="json")]
    for patient, source in _sources(site, study, network, patients, standards):
        yield cache.get([settings, source.key], partial(_made, source, network, patient))


class _Source:
    """One patient's lesion, not read yet, and what it depends on."""

    def __init__(self, key: object) -> None:
        self.key = key

    def read(self) -> Lesion:
        raise NotImplementedError


class _Picture(_Source):
    def __init__(self, site: Site, network: Network, row: pd.Series, table: Path) -> None:
        self._row, self._columns, self._names = row, site.data.pictures, network.input.channels
        self._path = slices.file_of(self._row, table, self._columns)
        super().__init__(slices.digest(self._path, self._row, self._columns))

    def read(self) -> Lesion:
        return slices.read(self._path, self._row, self._names, self._columns)


class _Prepared(_Source):
    def __init__(self, path: Path, where: str) -> None:
        self._path, self._where = path, where
        if not path.is_file():
            raise MrfedError(Code.DATA_MISSING, f"{where}: no prepared volumes; run mrfed-site prepare again")
        super().__init__(hashlib.sha256(path.read_bytes()).hexdigest())

    def read(self) -> Lesion:
        return lesion_file.load(self._path, self._where)


def _made(source: _Source, network: Network, patient: str) -> dict[str, NDArray[np.generic]]:
    images, inside = crop(source.read(), network.input, f"patient {patient}")
    return {"images": images, "inside": inside}


def _sources(
    site: Site, study: Study, network: Network, patients: list[str], standards: Standards | None
) -> Iterator[tuple[str, _Source]]:
    if site.data.images is not None:
        path = site.data.images
        frame = read(path, site.columns.patient)
        for name in (site.data.pictures.file, *site.data.pictures.box):
            column(frame, name, path)
        rows = frame.set_index(column(frame, site.columns.patient, path).astype(str).rename(None))
        for patient in patients:
            yield patient, _Picture(site, network, pd.Series(rows.loc[patient]), path)
        return
    records = sorted((prepared_folder(site, study, standards) / "patients").glob("*.json"))
    of_patient = {one.patient: path for path in records if (one := kept.read(path)) is not None}
    for patient in patients:
        if patient not in of_patient:
            raise MrfedError(Code.DATA_MISSING, f"patient {patient}: no prepared images; run mrfed-site prepare again")
        yield patient, _Prepared(lesion_file.beside(of_patient[patient]), f"patient {patient}")
