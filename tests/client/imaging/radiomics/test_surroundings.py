"""The part of an image that decides a region's features: from it alone they are the same to the last bit."""

import numpy as np
import pytest

from client.imaging.radiomics.box import shape_of
from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.settings import AnySettings, for_image
from client.imaging.radiomics.surroundings import needed
from shared.sections.radiomics import Radiomics

SHAPE = (30, 60, 56)
CLASSES = ("firstorder", "glcm")


def settings(**asked: object) -> AnySettings:
    return for_image(Radiomics.model_validate(asked)).only(CLASSES)


@pytest.fixture(scope="module")
def volume() -> tuple[np.ndarray, np.ndarray]:
    """An image with holes in and far from a tumour, and the tumour."""
    rng = np.random.default_rng(3)
    voxels = rng.normal(100, 20, SHAPE).astype(np.float32)
    voxels[rng.random(SHAPE) < 0.02] = np.nan
    inside = np.zeros(SHAPE, bool)
    inside[12:18, 20:29, 24:32] = np.isfinite(voxels[12:18, 20:29, 24:32])
    return voxels, inside


@pytest.mark.parametrize(
    ("spacing_mm", "asked", "cut"),
    [
        ((1.0, 1.0, 1.0), {"preset": "pyradiomics", "log_sigma_mm": []}, True),
        ((1.0, 1.0, 1.0), {"preset": "pyradiomics", "log_sigma_mm": [1.0, 2.0], "wavelet": True}, True),
        ((1.0, 1.0, 1.0), {"preset": "pyradiomics", "log_sigma_mm": [3.0]}, False),
        ((0.8, 0.8, 2.0), {"preset": "pyradiomics", "log_sigma_mm": []}, False),
        ((1.0, 1.0, 1.0), {"preset": "ramtohul2023"}, False),
        ((1.0, 1.0, 1.0), {"log_sigma_mm": [1.0, 3.0], "wavelet": True}, True),
        ((1.0, 1.0, 1.0), {"log_sigma_mm": [3.2]}, False),
        ((0.8, 0.8, 2.0), {"log_sigma_mm": []}, False),
        ((0.8, 0.8, 2.0), {"log_sigma_mm": [], "ibsi": {"aggregation": "2d_merged", "spacing_mm": None}}, True),
        ((1.0, 1.0, 1.0), {"ibsi": {"filters": [{"filter": "simoncelli"}]}}, False),
        ((1.0, 1.0, 1.0), {"ibsi": {"filters": [{"filter": "mean"}], "boundary": "periodic"}}, False),
    ],
    ids=[
        "near",
        "filters",
        "wide filter",
        "another grid",
        "normalized",
        "IBSI's filters",
        "IBSI's wide filter",
        "IBSI's grid",
        "IBSI in slices",
        "filter of the whole image",
        "periodic image",
    ],
)
def test_features_of_the_part_are_those_of_the_whole(
    volume: tuple[np.ndarray, np.ndarray], spacing_mm: tuple[float, float, float], asked: dict[str, object], cut: bool
) -> None:
    voxels, tumour = volume
    chosen = settings(**asked)
    box = needed(tumour, spacing_mm[::-1], [chosen])
    assert (shape_of(box) != SHAPE) == cut
    part = tumour & (np.arange(SHAPE[2]) < 28)  # a habitat is a part of the tumour
    whole = extract(voxels, spacing_mm, {"part": part}, chosen)["part"].values
    near = extract(voxels[box], spacing_mm, {"part": part[box]}, chosen)["part"].values
    assert near == whole
    assert np.isfinite(list(whole.values())).all()


def test_at_the_border_the_part_ends_with_the_volume() -> None:
    inside = np.zeros(SHAPE, bool)
    inside[0:3, 55:60, 25:30] = True
    box = needed(inside, (1.0, 1.0, 1.0), [settings(log_sigma_mm=[])])
    assert box == (slice(0, 15), slice(43, 60), slice(13, 42))
