"""NIfTI and NRRD: images and masks without DICOM, named as BIDS names them or lying beside a patient's DICOM.

A file becomes frames as an Enhanced object does, one a slice and time point, so that all that follows is the same. What
DICOM would say stands in the JSON file beside it (BIDS: RepetitionTime, EchoTime, FlipAngle, ImageType ...) and, for
diffusion, in the `.bval` file.
"""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from client.imaging.ingest import mask_values
from client.imaging.ingest.file_name import session, sidecars, stem, subject
from client.imaging.ingest.frame import Frame, MaskObject, Segment
from client.imaging.ingest.header import Reading
from client.imaging.ingest.nifti_position import position_fault
from client.imaging.volume import Direction, Geometry, Volume
from shared.errors import Code, MrfedError

_MASK = r"mask|seg|label|roi|lesion|tumou?r|gtv"
_READER = r"(?:rater|reader|desc)-([a-z0-9]+)"
_DEFLATE_RATIO = 1032
"""Most bytes that one byte of a deflated stream stands for (zlib's technical details)."""
MODALITY = "VOLUME"
"""Stands where DICOM has the modality of a mask."""


def read(folder: Path, path: str) -> Reading:
    """Read a file's geometry and what stands beside it; never raises for what the files contain.

    Parameters
    ----------
    folder : of the exports
    path : relative to it

    Returns
    -------
    Frames or a mask; their patient is the one that the name gives (`sub-0001`), or empty
    """
    try:
        if fault := position_fault(folder / path):
            raise ValueError(fault)
        if re.search(_MASK, stem(Path(path).name), re.IGNORECASE):
            return Reading(mask=_mask(folder, path), patient=subject(path))
        return Reading(frames=tuple(_frames(folder, path)), patient=subject(path))
    except (RuntimeError, ValueError, OSError) as error:
        problem = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        fault = f"cannot be read: {problem}; export it again, a mask as zeros and ones"
        return Reading(fault=fault, patient=subject(path))


def image(path: Path) -> sitk.Image:
    """Read an image whose size its header states, once it is known that the file can hold so much.

    Raises
    ------
    ValueError where it cannot: a damaged or forged header would take memory for voxels that nobody has written.
    RuntimeError where the file cannot be read.
    """
    _size(path)
    return sitk.ReadImage(str(path))


def _size(path: Path) -> sitk.ImageFileReader:
    """What a header says, held against the bytes that there are."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    # voxels of a detached header lie in another file of its folder
    files = path.parent.iterdir() if path.suffix.lower() == ".nhdr" else [path]
    stored = sum(file.stat().st_size for file in files if file.is_file())
    most = stored if path.suffix.lower() == ".nii" else stored * _DEFLATE_RATIO
    voxels = math.prod(reader.GetSize()) * reader.GetNumberOfComponents()
    if voxels * sitk.Image([1] * reader.GetDimension(), reader.GetPixelID()).GetSizeOfPixelComponent() > most:
        raise ValueError(f"its header states {voxels} voxels, more than the file can hold")
    return reader


def read_label(path: Path, label: int, patient: str) -> Volume:
    """Zeros and ones where a label image has one of its labels.

    Raises
    ------
    MrfedError (DATA_UNREADABLE) where the file cannot be read.
    """
    try:
        labels = image(path)
        if labels.GetDimension() == 4 and labels.GetSize()[3] == 1:
            labels = labels[..., 0]  # one time point, as converters write it
        voxels = sitk.GetArrayFromImage(labels)
        if voxels.ndim != 3:
            raise ValueError(f"has {voxels.ndim} dimensions")
        inside = mask_values.inside(voxels, label)
    except (RuntimeError, ValueError) as error:
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"patient {patient}: {path.name} cannot be read as a mask ({type(error).__name__}); export it again",
        ) from error
    direction: Direction = labels.GetDirection()
    geometry = Geometry(labels.GetSize(), labels.GetSpacing(), labels.GetOrigin(), direction)
    return Volume(inside.astype(np.float32), geometry, "mask")


def _mask(folder: Path, path: str) -> MaskObject:
    values = mask_values.labels(sitk.GetArrayFromImage(image(folder / path)))
    name = stem(Path(path).name)
    reader = re.search(_READER, name, re.IGNORECASE)
    return MaskObject(
        path=path,
        patient=subject(path),
        study=session(path),
        series=path,
        instance=path,
        modality=MODALITY,
        description=name,
        reader=reader[1] if reader else "",
        referenced_series=(),
        frame_of_reference="",
        segments=tuple(Segment(value, name if len(values) == 1 else f"{name} {value}") for value in values)
        or (Segment(1, name),),
    )


def _frames(folder: Path, path: str) -> list[Frame]:
    reader = _size(folder / path)
    size, dimension = reader.GetSize(), reader.GetDimension()
    if dimension not in (3, 4) or reader.GetNumberOfComponents() != 1:
        raise ValueError(f"has {dimension} dimensions and {reader.GetNumberOfComponents()} values a voxel")
    direction = np.reshape(reader.GetDirection(), (dimension, dimension))[:3, :3]
    origin, spacing = np.array(reader.GetOrigin()[:3]), reader.GetSpacing()[:3]
    sidecar = _from_sidecar(folder / path, path)
    b_values = _b_values(folder / path)
    times = size[3] if dimension == 4 else 1
    if b_values and len(b_values) != times:
        raise ValueError(f"has {times} volumes, its .bval file {len(b_values)} b-values")
    orientation = tuple(float(component) for component in np.r_[direction[:, 0], direction[:, 1]])
    frames = []
    for time in range(times):
        for layer in range(size[2]):
            position = origin + layer * spacing[2] * direction[:, 2]
            frames.append(
                Frame(
                    **sidecar,
                    path=path,
                    index=time * size[2] + layer,
                    rows=size[1],
                    columns=size[0],
                    position_mm=(float(position[0]), float(position[1]), float(position[2])),
                    orientation=orientation,  # type: ignore[arg-type]
                    row_spacing_mm=spacing[1],
                    column_spacing_mm=spacing[0],
                    thickness_mm=spacing[2],
                    temporal_index=time + 1 if times > 1 and not b_values else None,
                    b_value=b_values[time] if b_values else None,
                )
            )
    return frames


def _from_sidecar(file: Path, path: str) -> dict[str, Any]:
    """What the JSON file beside an image says, in the names and units of a frame."""
    beside = sidecars(file)[0]
    content = json.loads(beside.read_text()) if beside.is_file() else {}
    if not isinstance(content, dict):
        raise ValueError(f"{beside.name} holds no settings")

    def number(name: str, factor: float = 1.0) -> float | None:
        value = content.get(name)
        return factor * float(value) if isinstance(value, int | float) else None

    name = re.sub(r"(sub|ses)-[A-Za-z0-9]+_", "", stem(file.name))
    return {
        "patient": subject(path),
        "person": "",
        "called": "",
        "study": session(path),
        "study_date": "",
        "series": path,
        "instance": path,
        "sop_class": "",
        "modality": "MR",
        "series_number": None,
        "instance_number": None,
        "acquisition_number": None,
        "description": str(content.get("SeriesDescription", "")) or name,
        "image_type": tuple(str(word).upper() for word in content.get("ImageType", ())),
        "sequence_name": str(content.get("SequenceName", "")),
        "scanning_sequence": str(content.get("ScanningSequence", "")),
        "manufacturer": str(content.get("Manufacturer", "")),
        "model": str(content.get("ManufacturersModelName", "")),
        "field_t": number("MagneticFieldStrength"),
        "software": str(content.get("SoftwareVersions", "")),
        "laterality": "",
        "frame_of_reference": "",
        "timepoint": session(path),
        "tr_ms": number("RepetitionTime", 1000),
        "te_ms": number("EchoTime", 1000),
        "flip_angle_deg": number("FlipAngle"),
        "acquired_s": None,
        "centre_s": None,
        "content_s": None,
        "trigger_ms": None,
        "temporal_offset_s": None,
        "duration_s": None,
        "injection_s": None,
        "slope": 1.0,
        "intercept": 0.0,
        "unit": str(content.get("Units", "")),
    }


def _b_values(path: Path) -> list[float]:
    beside = sidecars(path)[1]
    return [float(number) for number in beside.read_text().split()] if beside.is_file() else []
