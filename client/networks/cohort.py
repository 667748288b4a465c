"""The patients of a study as a network sees them: ready pictures, or what `mrfed-site prepare` kept of each."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from client.cohort.table import Table
from client.networks import slices
from client.networks.cache import Cache
from client.networks.crop import PIPELINE, crop
from client.networks.examples import Examples
from client.preparation import lesion as lesion_file
from client.preparation import record as kept
from client.preparation.lesion import Lesion
from client.preparation.paths import prepared_folder
from client.site.site_file import Site
from client.site.tables import column, read
from shared.arrays import Array
from shared.clustering.standard_histogram import Standards
from shared.errors import Code, MrfedError
from shared.sections.network import Network
from shared.study.study import Study


def load(site: Site, study: Study, table: Table, standards: Standards | None = None) -> Examples:
    """Images, variables and classes of everyone in a site's table, in its order.

    Parameters
    ----------
    site, study : the site file and the study
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
    if not network.architecture.sees_images:
        return Examples.of(np.zeros((len(positive), 0, 1, 1), np.float32), positive, held)
    crops = list(_crops(site, study, network, [str(patient) for patient in table.patients], standards))
    images, inside = (np.stack([crop_of_patient[name] for crop_of_patient in crops]) for name in ("images", "inside"))
    return Examples.of(images, positive, held, inside.astype(bool))


def _crops(
    site: Site, study: Study, network: Network, patients: list[str], standards: Standards | None
) -> Iterator[dict[str, Array]]:
    cache = Cache(site.workspace / "crops")
    settings = [PIPELINE, network.input.model_dump(mode="json")]
    for patient, source in _sources(site, study, network, patients, standards):
        yield cache.get([settings, source.key], partial(_made, source, network, patient))


@dataclass(frozen=True)
class _Source:
    """One patient's lesion, not read yet.

    Parameters
    ----------
    key : what it depends on
    read : reads it
    """

    key: object
    read: Callable[[], Lesion]


def _picture(site: Site, network: Network, row: pd.Series, table: Path) -> _Source:
    columns = site.data.pictures
    path = slices.file_of(row, table, columns)
    return _Source(slices.digest(path, row, columns), partial(slices.read, path, row, network.input.channels, columns))


def _prepared(path: Path, where: str) -> _Source:
    if not path.is_file():
        raise MrfedError(Code.DATA_MISSING, f"{where}: no prepared volumes; run mrfed-site prepare again")
    return _Source(hashlib.sha256(path.read_bytes()).hexdigest(), partial(lesion_file.load, path, where))


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
            yield patient, _picture(site, network, pd.Series(rows.loc[patient]), path)
        return
    records = sorted((prepared_folder(site, study, standards) / "patients").glob("*.json"))
    of_patient = {record.patient: path for path in records if (record := kept.read(path)) is not None}
    for patient in patients:
        if patient not in of_patient:
            raise MrfedError(Code.DATA_MISSING, f"patient {patient}: no prepared images; run mrfed-site prepare again")
        yield patient, _prepared(lesion_file.beside(of_patient[patient]), f"patient {patient}")
