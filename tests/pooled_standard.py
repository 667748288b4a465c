"""The standard histogram of the pooled patients."""

from pathlib import Path

import numpy as np

from client.imaging.ingest import pixels
from client.imaging.ingest.examination import examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping
from client.imaging.preprocess.otsu import otsu_threshold


def pooled(exports: Path, names: list[str], folder: Path) -> np.ndarray:
    """The standard histogram of all patients of some sites, straight from their pixels."""
    landmarks = []
    for name in names:
        index = Index(exports / name / "dicom", folder / f"{name}.sqlite")
        index.update()
        for patient in index.patients():
            early = examine(index.patient(patient), Mapping()).dynamic().phases[2]  # 80 s after the injection
            voxels = pixels.load(early, index.folder).voxels
            tissue = voxels > otsu_threshold(np.minimum(voxels, np.quantile(voxels, 0.999)))
            own = np.percentile(voxels[tissue].astype(float), [1, *range(10, 100, 10), 99])
            landmarks.append(100 * (own - own[0]) / (own[-1] - own[0]))
    return np.mean(landmarks, axis=0)
