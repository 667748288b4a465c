"""How far a site's features depend on who drew the tumour, or on changes that mean nothing.

Each patient is measured several times: with the masks of several readers, or with perturbed masks and images. The
measurements stay in the workspace; studies that ask for stability get sums of squares over those of their patients.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import joblib
import numpy as np

from client.imaging.ingest import exports
from client.imaging.ingest import mapping as mapping_file
from client.imaging.ingest.examination import examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping, Role
from client.imaging.ingest.patient_images import Gathered, gather
from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.nearest import onto_grid
from client.imaging.radiomics.perturbation import (
    STANDARD,
    Perturbation,
    noise_level,
    perturbed_image,
    perturbed_mask,
)
from client.imaging.volume import Volume
from client.preparation.patient_features import measurable, patient_features
from client.quality import repeated_measurements as measurements
from client.quality.repeated_measurements import Measurements, stability_file
from client.review.decisions import reviewed
from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.metrics.icc import Squares, squares
from shared.study.study import Study


@dataclass(frozen=True)
class Stability:
    """Sums of squares of a site's features.

    Parameters
    ----------
    features : names
    measurements : what was done to the patients, or who drew
    patients : how many were measured
    sums : of squares, in the order of the features
    failures : patients that could not be measured, and why
    """

    features: tuple[str, ...]
    measurements: tuple[str, ...]
    patients: int
    sums: Squares
    failures: dict[str, str]


@dataclass(frozen=True)
class _Task:
    identifier: str
    index: Index
    mapping: Mapping
    study: Study
    readers: tuple[str, ...]
    seed: tuple[int, int]


def measure(
    site: Site,
    study: Study,
    patients: int,
    readers: tuple[str, ...] = (),
    workers: int = 1,
    seed: int = 1,
    on_patient: Callable[[int, int], None] | None = None,
) -> Stability:
    """Measure the stability of a study's features at a site and keep the measurements.

    Parameters
    ----------
    site, study : what is there, and what is asked
    patients : how many at most, the first by their identifiers
    readers : whose masks are compared; none for perturbations of the mask that the study uses
    workers : processes
    seed : of the perturbations

    Raises
    ------
    MrfedError where there are no images, fewer than two readers, or fewer than two patients that can be measured.
    """
    exported = exports.folder(site, study)
    if len(readers) == 1 or len(set(readers)) < len(readers):
        raise MrfedError(Code.DATA_MISSING, f"site {site.name}: name two readers or more, each once")
    mapping = mapping_file.load(site.data.mapping) if site.data.mapping else Mapping()
    index = Index(exported, site.workspace / "index.sqlite")
    index.update(workers)
    tasks = [
        _Task(identifier, index, mapping, study, readers, (seed, number))
        for number, identifier in enumerate(_accepted(site, study, mapping, index)[:patients])
    ]
    measured: dict[str, dict[str, list[float]]] = {}
    failures: dict[str, str] = {}
    for done, (identifier, outcome) in enumerate(_run(tasks, workers), start=1):
        if isinstance(outcome, str):
            failures[identifier] = outcome
        else:
            measured[identifier] = outcome
        if on_patient is not None:
            on_patient(done, len(tasks))
    if len(measured) < 2:
        reasons = "; ".join(failures.values()) or "there are no more"
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"site {site.name}: {len(measured)} patients could be measured, two are needed: {reasons}",
        )
    names = tuple(next(iter(measured.values())))
    identifiers = sorted(measured)
    values = np.array([[measured[identifier][name] for name in names] for identifier in identifiers]).swapaxes(1, 2)
    patients_measured = np.array([mapping.patient(identifier).table_name or identifier for identifier in identifiers])
    kept = Measurements(names, patients_measured, values)
    measurements.write(stability_file(site, study, readers=bool(readers)), kept)
    return Stability(names, _measurements(readers), len(measured), squares(values), failures)


def _accepted(site: Site, study: Study, mapping: Mapping, index: Index) -> list[str]:
    """Identifiers of the patients whom review has not rejected."""
    rejected = reviewed(site.workspace, study.name).rejected
    return [
        identifier
        for identifier in index.patients()
        if (mapping.patient(identifier).table_name or identifier) not in rejected
    ]


def _measurements(readers: tuple[str, ...]) -> tuple[str, ...]:
    return readers or tuple(change.name for change in STANDARD)


def _run(tasks: list[_Task], workers: int) -> Iterator[tuple[str, dict[str, list[float]] | str]]:
    with joblib.parallel_config(backend="loky" if workers > 1 else "sequential", n_jobs=workers):
        yield from joblib.Parallel(return_as="generator")(joblib.delayed(_measure)(task) for task in tasks)


def _measure(task: _Task) -> tuple[str, dict[str, list[float]] | str]:
    """Every feature's values over the measurements of one patient, or why there are none."""
    assert task.study.imaging is not None
    imaging, folder = task.study.imaging, task.index.folder
    try:
        examination = examine(task.index.patient(task.identifier), task.mapping)
        repeats: list[Gathered] = []
        if task.readers:
            repeats = [gather(examination, imaging, folder, reader) for reader in task.readers]
        else:
            drawn = gather(examination, imaging, folder)
            role = Role.TUMOUR if imaging.tumour == "drawn" else Role.VOI
            for number, change in enumerate(STANDARD):
                rng = np.random.default_rng((*task.seed, number))
                repeats.append(replace(drawn, images=_perturbed(drawn.images, role, change, rng)))
        taken = [patient_features(measurable(repeat, task.study), task.study).features.values for repeat in repeats]
    except MrfedError as error:
        return task.identifier, error.text
    return task.identifier, {name: [values[name] for values in taken] for name in taken[0]}


def _perturbed(images: PatientImages, role: Role, change: Perturbation, rng: np.random.Generator) -> PatientImages:
    """A patient's images with a mask and the images in arbitrary units changed."""
    drawn = images.masks[role]
    mask = perturbed_mask(drawn.voxels > 0, drawn.geometry.spacing_mm[::-1], change, rng)
    masks = {**images.masks, role: replace(drawn, voxels=mask.astype(np.float32))}

    def noisier(volume: Volume) -> Volume:
        if not change.noise or volume.unit != "a.u.":
            return volume
        inside = onto_grid(drawn, volume.geometry, images.where)
        noise = change.noise * noise_level(volume.voxels, inside)
        return replace(volume, voxels=perturbed_image(volume.voxels, noise, rng))

    return replace(images.map_volumes(noisier), masks=masks)
