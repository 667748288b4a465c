"""Radiomics against plain PyRadiomics on the same image in the same run: speed, and equality of all features.

Both run on one thread, as a site does that takes several patients at once; speed is processor time, which other
work on the machine disturbs less than the clock.
"""

import logging
from collections.abc import Iterator
from time import process_time

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from radiomics.featureextractor import RadiomicsFeatureExtractor
from scipy import ndimage
from threadpoolctl import threadpool_limits

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.settings import FEATURE_CLASSES, Settings
from tests.bench.figure import Figure

logging.getLogger("radiomics").setLevel(logging.CRITICAL + 1)

# A DCE phase of both breasts, cut to one: 60 slices of 256 x 256.
SHAPE = (60, 256, 256)
SPACING_MM = (0.7, 0.7, 2.0)
PARAMETERS = {
    "setting": {"binWidth": 25},
    "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 2.0, 3.0]}, "Wavelet": {}},
    "featureClass": {name: [] for name in FEATURE_CLASSES},
}
FEATURES = 1130
REPETITIONS = 2


def figures() -> Iterator[Figure]:
    """Ratios for a 2 cm and a 5 cm tumour, and for a tumour with three rings around it."""
    threads = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        with threadpool_limits(1):
            yield from _ratios()
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)


def _ratios() -> Iterator[Figure]:
    image = _image()
    settings = Settings(PARAMETERS)
    extract(image, SPACING_MM, {"tumour": _ball(10)}, settings)  # imports, names
    different = 0
    for diameter_cm, target in ((2, 5.3), (5, 1.9)):
        regions = {"tumour": _ball(10 * diameter_cm)}
        plain_s, ours_s, unequal = _compare(image, regions, settings)
        different += unequal
        name = f"radiomics, {FEATURES} features, {diameter_cm} cm tumour"
        yield Figure(f"{name}: times faster than PyRadiomics", plain_s / ours_s, "x", "higher", target)
        yield Figure(f"{name}: processor time", ours_s, "s", "lower")
    rings = {f"to {mm} mm": _ball(20 + 2 * mm) & ~_ball(20 + 2 * mm - 6) for mm in (3, 6, 9)}
    plain_s, ours_s, unequal = _compare(image, {"tumour": _ball(20)} | rings, settings)
    different += unequal
    name = "radiomics, 2 cm tumour and three rings: times faster than PyRadiomics"
    yield Figure(name, plain_s / ours_s, "x", "higher")
    yield Figure("radiomics features that differ by more than 1e-9", different, "", "lower", 0)


def _image() -> NDArray[np.float32]:
    rng = np.random.default_rng(7)
    smooth = ndimage.gaussian_filter(rng.normal(size=SHAPE), 2)
    return np.asarray(500 + 800 * smooth + rng.normal(0, 30, SHAPE), np.float32)


def _ball(diameter_mm: float) -> NDArray[np.bool_]:
    away = [(np.arange(length) - length // 2) * mm for length, mm in zip(SHAPE, SPACING_MM[::-1], strict=True)]
    z, y, x = np.meshgrid(*away, indexing="ij")
    return np.asarray(z**2 + y**2 + x**2 < (diameter_mm / 2) ** 2)


def _compare(
    image: NDArray[np.float32], regions: dict[str, NDArray[np.bool_]], settings: Settings
) -> tuple[float, float, int]:
    """Shortest processor time of plain PyRadiomics and of ours, and how many features differ."""
    extractor = RadiomicsFeatureExtractor(PARAMETERS)
    whole = sitk.GetImageFromArray(image)
    whole.SetSpacing(SPACING_MM)
    plain_s, ours_s = [], []
    for _ in range(REPETITIONS):
        start = process_time()
        plain = {}
        for region, inside in regions.items():
            label = sitk.GetImageFromArray(inside.astype(np.uint8))
            label.CopyInformation(whole)
            plain[region] = extractor.execute(whole, label)
        plain_s.append(process_time() - start)
        start = process_time()
        ours = extract(image, SPACING_MM, regions, settings)
        ours_s.append(process_time() - start)
    different = 0
    for region, features in ours.items():
        assert len(features.values) == FEATURES
        for name, value in features.values.items():
            reference = float(plain[region][name])
            different += not abs(value - reference) <= 1e-9 * abs(reference)
    return min(plain_s), min(ours_s), different
