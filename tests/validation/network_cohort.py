"""The real slices as examples of four hospitals, under three treatments of their intensities."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from client.imaging.preprocess.nyul import on_scale
from client.networks import slices
from client.networks.crop import crop, own_landmarks
from client.networks.examples import Examples
from shared.folds import generator, stratified
from shared.sections.network import Input

CHANNELS = ("before", "early", "late")
EDGE = 48
FOLDS = 3


class Intensity(StrEnum):
    """What is done to the intensities of an image before a network sees it."""

    RAW = "as stored"
    ZSCORE = "z-score of each crop"
    STANDARD = "standard histogram of each channel, learned from sums over the sites"


@dataclass(frozen=True)
class Cohort:
    """Patients of all sites, in the order of the table.

    Parameters
    ----------
    site, trial : (patients,) where they were examined, and in which of the two trials
    positive : (patients,) HER2
    images, inside : (patients, channels, rows, columns) and (patients, rows, columns)
    fold : (patients,) within each site, stratified by class
    """

    site: NDArray[np.str_]
    trial: NDArray[np.str_]
    positive: NDArray[np.bool_]
    images: NDArray[np.float32]
    inside: NDArray[np.bool_]
    fold: NDArray[np.int64]

    @property
    def sites(self) -> list[str]:
        """Names, sorted."""
        return sorted(set(self.site.tolist()))

    @property
    def examples(self) -> dict[str, Examples]:
        """Patients of each site."""
        return {name: self.of(self.site == name) for name in self.sites}

    def of(self, rows: NDArray[np.bool_]) -> Examples:
        """Some patients."""
        return Examples.of(self.images[rows], self.positive[rows], inside=self.inside[rows])


def seen(intensity: Intensity) -> Input:
    """The network's input."""
    return Input(channels=CHANNELS, size=(EDGE, EDGE), intensity="zscore" if intensity is Intensity.ZSCORE else "raw")


def load(folder: Path, intensity: Intensity, seed: int) -> Cohort:
    """Read the slices and crop them around the lesion's box."""
    table = pd.read_csv(folder / "index.csv").set_index("pid")
    lesions = [slices.read(folder / row["file"], row, CHANNELS, slices.Pictures()) for _, row in table.iterrows()]
    standards = _standards(lesions) if intensity is Intensity.STANDARD else None
    made = [crop(lesion, seen(intensity), name, standards) for lesion, name in zip(lesions, table.index, strict=True)]
    # each scale in parts of its range, so that one learning rate serves all three
    divisor = {Intensity.RAW: 64.0, Intensity.ZSCORE: 1.0, Intensity.STANDARD: 50.0}[intensity]
    site, positive = table["site"].to_numpy(dtype=str), table["her2"].to_numpy() == 1
    fold = np.zeros(len(table), dtype=np.int64)
    for name in sorted(set(site.tolist())):
        rows = site == name
        fold[rows] = stratified(positive[rows], FOLDS, generator(seed, "folds", name))
    return Cohort(
        site=site,
        trial=table["cohort"].to_numpy(dtype=str),
        positive=positive,
        images=np.stack([images for images, _ in made]) / np.float32(divisor),
        inside=np.stack([inside for _, inside in made]),
        fold=fold,
    )


def _standards(lesions: list[slices.Lesion]) -> Mapping[str, tuple[float, ...]]:
    collected = {}
    for index, name in enumerate(CHANNELS):
        scaled = [on_scale(own_landmarks(lesion.channels[index])) for lesion in lesions]
        collected[name] = tuple(np.mean(scaled, axis=0).tolist())
    return collected
