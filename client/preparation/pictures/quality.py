"""Numbers by which a person sees whether a patient's images are fit for use, and those that stand out at a site."""

from collections.abc import Mapping

import numpy as np

from client.imaging.maps.quantity import Quantity
from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.otsu import otsu_threshold
from client.imaging.radiomics.box import Mask
from client.imaging.volume import Volume, Voxels

OUT_OF_RANGE = "out_of_range."
"""Before the name of a map: the share of the tumour's voxels without a value that tissue can have."""
_OUTLYING = 3.5
_FEWEST = 10
"""Patients without whom nothing can be said to stand out."""
_MEDIAN_TO_DEVIATION = 1.4826


def of_images(read: PatientImages) -> dict[str, float]:
    """Signal to noise and field of view of the reference image, as it was read.

    Noise is the median of the finest diagonal Haar coefficients in the tissue of each slice, over 0.6745 (Donoho &
    Johnstone, Biometrika 81 (1994) 425). Where a scanner has interpolated its images it is too low, alike for all
    patients of that scanner.
    """
    first = next(iter((*read.dynamic, *read.single.values(), *read.diffusion)))
    tissue = first.voxels > otsu_threshold(first.voxels)
    measured = {
        f"field_of_view_{axis}_mm": size * mm
        for axis, size, mm in zip("xyz", first.geometry.size, first.geometry.spacing_mm, strict=True)
    }
    if tissue.any():
        noise = _noise(first.voxels, tissue)
        measured["signal_to_noise"] = float(first.voxels[tissue].mean()) / noise if noise > 0 else float("inf")
    return measured


def _noise(voxels: Voxels, tissue: Mask) -> float:
    """Standard deviation of the noise, from squares of two by two voxels that are all tissue; 0 where there is none."""
    depth, rows, columns = voxels.shape
    squares = (depth, rows // 2, 2, columns // 2, 2)
    whole = (slice(None), slice(rows // 2 * 2), slice(columns // 2 * 2))
    inside = tissue[whole].reshape(squares).all(axis=(2, 4))
    blocks = voxels[whole].reshape(squares)
    diagonal = (blocks[:, :, 0, :, 0] - blocks[:, :, 0, :, 1] - blocks[:, :, 1, :, 0] + blocks[:, :, 1, :, 1])[
        inside
    ] / 2
    return float(np.median(np.abs(diagonal))) * _MEDIAN_TO_DEVIATION if diagonal.size else 0.0


def of_tumour(tumour: Mask, images: PatientImages) -> dict[str, float]:
    """Enhancement of the tumour, and how much of it touches the border of the images."""
    inside = float(tumour.sum())
    if not inside:
        return {}
    inner = np.zeros_like(tumour)
    inner[tuple(slice(1, -1) if length > 2 else slice(None) for length in tumour.shape)] = True
    measured = {"tumour_at_border": float((tumour & ~inner).sum()) / inside}
    if len(images.dynamic) > 1:
        signal = [float(phase.voxels[tumour].mean()) for phase in images.dynamic]
        if signal[0] > 0:
            measured["enhancement"] = 100 * (max(signal[1:]) / signal[0] - 1)
    return measured


def of_maps(tumour: Mask, maps: Mapping[str, Volume], quantities: Mapping[str, Quantity]) -> dict[str, float]:
    """Share of the tumour's voxels where a map has no value that tissue can have."""
    if not tumour.any():
        return {}
    return {
        OUT_OF_RANGE + name: float(1 - quantities[name].plausible(volume.voxels[tumour]).mean())
        for name, volume in maps.items()
    }


def outlying(findings: Mapping[str, Mapping[str, float]]) -> dict[str, frozenset[str]]:
    """Numbers of each patient that stand out among the patients of a site.

    Parameters
    ----------
    findings : patient -> name -> number

    Reference: Iglewicz & Hoaglin, How to Detect and Handle Outliers (1993): 0.6745 |x - median| / MAD over 3.5.
    """
    by_patient: dict[str, set[str]] = {patient: set() for patient in findings}
    for name in {name for own in findings.values() for name in own}:
        given = {patient: own[name] for patient, own in findings.items() if np.isfinite(own.get(name, np.nan))}
        values = np.array(list(given.values()))
        if len(values) < _FEWEST:
            continue
        centre = np.median(values)
        spread = _MEDIAN_TO_DEVIATION * np.median(np.abs(values - centre))
        for patient, value in given.items():
            if spread > 0 and abs(value - centre) > _OUTLYING * spread:
                by_patient[patient].add(name)
    return {patient: frozenset(names) for patient, names in by_patient.items()}
