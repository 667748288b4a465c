"""A patient cut to what lies around her tumour, as arrays: enough for features of habitats, which are parts of it."""

import json
from dataclasses import replace

import numpy as np

from client.imaging.radiomics.box import Box
from client.imaging.radiomics.settings import for_image, for_map
from client.imaging.radiomics.surroundings import needed
from client.imaging.volume import Geometry, Volume
from client.preparation.patient_features import Measurable
from shared.arrays import Array, Arrays
from shared.sections.radiomics import Radiomics

_DESCRIPTION, _TUMOUR = "told", "tumour"
_IMAGE, _MAP = "image", "map"

Corner = tuple[int, ...]
"""Slice, row and column of the first voxel among those of the whole images."""


def to_arrays(patient: Measurable, radiomics: Radiomics) -> dict[str, Array]:
    """Images, maps and tumour of a patient.

    Parameters
    ----------
    patient : ready to be measured, with a tumour that is not empty
    radiomics : the study's section, with habitats
    """
    assert radiomics.habitats is not None
    classes = radiomics.habitats.feature_classes
    chosen = [for_image(radiomics), *(for_map(radiomics, name) for name in patient.maps)]
    volumes = {f"{_IMAGE}.{name}": volume for name, volume in patient.images.items()}
    volumes |= {f"{_MAP}.{name}": volume for name, volume in patient.maps.items()}
    whole = next(iter(volumes.values())).geometry
    settings = [setting if classes is None else setting.only(classes) for setting in chosen]
    box = needed(patient.tumour, whole.spacing_mm[::-1], settings)
    part = _cut(whole, box)
    description = {
        "units": {name: volume.unit for name, volume in volumes.items()},
        "corner": [side.start for side in box],
        "geometry": vars(part),
    }
    cut = {name: volume.voxels[box] for name, volume in volumes.items()}
    return {_DESCRIPTION: np.array(json.dumps(description)), _TUMOUR: patient.tumour[box], **cut}


def from_arrays(content: Arrays) -> tuple[Measurable, Corner]:
    """Undo `to_arrays`: the patient without other regions and findings, and where the part lies."""
    description = json.loads(str(content[_DESCRIPTION]))
    geometry = Geometry(**{name: tuple(value) for name, value in description["geometry"].items()})
    volumes: dict[str, dict[str, Volume]] = {_IMAGE: {}, _MAP: {}}
    for name, unit in description["units"].items():
        kind, _, own = name.partition(".")
        volumes[kind][own] = Volume(content[name], geometry, unit)
    patient = Measurable(
        images=volumes[_IMAGE],
        maps=volumes[_MAP],
        quantities={},
        scalars={},
        masks={},
        tumour=content[_TUMOUR],
        findings={},
        timing_assumed=False,
    )
    return patient, tuple(description["corner"])


def _cut(whole: Geometry, box: Box) -> Geometry:
    """The grid of a part of a volume."""
    slices, rows, columns = box
    first = np.array([columns.start, rows.start, slices.start])
    x, y, z = (whole.affine[:3, :3] @ first + whole.origin_mm).tolist()
    size = tuple(side.stop - side.start for side in (columns, rows, slices))
    return replace(whole, size=size, origin_mm=(x, y, z))
