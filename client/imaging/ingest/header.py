"""One file's header as the index keeps it: its images, its masks, or why it is of no use."""

import hashlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import pydicom
import pydicom.config
from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import read_partial
from pydicom.uid import UID

from client.imaging.ingest import packed
from client.imaging.ingest.attribute import date_of, moment, number, numbers, seconds, text, texts, whole
from client.imaging.ingest.b_value import b_value
from client.imaging.ingest.file_name import is_beside_exports
from client.imaging.ingest.frame import Frame, MaskObject
from client.imaging.ingest.gradient_direction import gradient_direction
from client.imaging.ingest.mask_object import mask_object
from client.imaging.ingest.phase_encoding import phase_encoding
from client.imaging.ingest.pixel_data import DEFLATED_FRAMES, pixel_fault
from client.imaging.ingest.private import Private
from client.imaging.ingest.scaling import scaling
from client.imaging.ingest.vendor_duration import vendor_duration_s

# Headers as hospitals have them: a malformed value is absent, not an exception or a warning.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

_PREAMBLE = 128
_PATIENT_ID = 0x00100020
_PHILIPS_DIRECTION = Private("philips", "Philips Imaging DD 001", 0x2001, 0x04)
_DIRECTORY = "1.2.840.10008.1.3.10"
"""SOP class of a DICOMDIR, which every export on a disk has."""
_TRACES = frozenset(("TRACEW", "TRACE", "ISOTROPIC"))
"""Image types of images that the scanner combined over gradient directions."""
_MASK_MODALITIES = ("SEG", "RTSTRUCT")


@dataclass(frozen=True)
class Reading:
    """What a file gave: frames, a mask object, a fault, or nothing of interest."""

    frames: tuple[Frame, ...] = ()
    mask: MaskObject | None = None
    fault: str = ""
    """What is wrong with a file that should have been of use."""
    other: str = ""
    """What a file is that is of no use, for the count of what lay in the folder."""
    patient: str = ""
    """Whose it is, as far as the file tells."""


def read(content: bytes, path: str) -> Reading:
    """Read the header of a file that is in memory; never raises for what the file contains.

    Parameters
    ----------
    content : the whole file
    path : relative to the folder of exports
    """
    return read_file(BytesIO(content), len(content), path)


def read_file(file: BinaryIO, size: int, path: str) -> Reading:
    """Read the header of an open file, and no more of it than that needs.

    Parameters
    ----------
    file : at its beginning
    size : of it, bytes
    path : relative to the folder of exports

    Raises
    ------
    OSError where the disk fails; never for what the file contains
    """
    if not size:
        return Reading(fault="is empty (0 bytes); export it again")
    if not _looks_like_dicom(file.read(_PREAMBLE + 4)):
        return Reading() if is_beside_exports(path) else Reading(other="not DICOM")
    try:
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd but readable is read
            dataset = pydicom.dcmread(file, stop_before_pixels=True, force=True)
            return _interpret(dataset, file, size, path)
    except Exception as error:  # whatever pydicom meets in damaged bytes is this file's fault
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's, not the file's
        fault = f"cannot be read as DICOM ({type(error).__name__}); export it again"
        return Reading(fault=fault, patient=_patient_of(file))


def _patient_of(file: BinaryIO) -> str:
    """Patient of a file whose header is damaged behind the identifier; empty where it is damaged before."""
    try:
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _identifier(read_partial(file, lambda tag, *_: tag > _PATIENT_ID, force=True))
    except Exception:  # as above
        return ""


def _identifier(dataset: Dataset) -> str:
    """The patient's identifier, whole: a backslash, which should part values, is taken as part of it."""
    return "\\".join(texts(dataset, _PATIENT_ID))


def _looks_like_dicom(start: bytes) -> bool:
    """Whether the file has the preamble's magic, or begins with group 0008 as older exports do."""
    return start[_PREAMBLE : _PREAMBLE + 4] == b"DICM" or start[:2] == b"\x08\x00"


def _interpret(dataset: FileDataset, file: BinaryIO, size: int, path: str) -> Reading:
    end_of_header = file.tell()
    modality = text(dataset, 0x00080060)
    patient = _identifier(dataset)
    sop_class = UID(text(dataset, 0x00080016))
    if text(getattr(dataset, "file_meta", Dataset()), 0x00020002) == _DIRECTORY:
        return Reading()
    if not sop_class and not modality:
        return Reading(fault="has neither modality nor SOP class; export it again")
    if modality not in ("MR", *_MASK_MODALITIES):
        return Reading(other=f"modality {modality or 'unknown'}")
    if not patient:
        return Reading(fault="has no patient identifier (0010,0020); export it with one")
    if modality in _MASK_MODALITIES:
        return Reading(mask=mask_object(dataset, path, patient), patient=patient)
    if "Secondary Capture" in sop_class.name:
        return Reading(other="secondary capture")
    rows, columns = whole(dataset, 0x00280010) or 0, whole(dataset, 0x00280011) or 0
    if "MR" not in sop_class.name or rows < 1 or columns < 1:
        return Reading(other=f"not an image ({sop_class.name})")
    if (whole(dataset, 0x00280002) or 1) != 1:
        return Reading(other="colour image")
    if fault := pixel_fault(dataset, file, size, end_of_header, rows * columns):
        return Reading(fault=fault, patient=patient)
    image_type = tuple(value.upper() for value in texts(dataset, 0x00080008))
    if packed_as := packed.format_of(image_type):
        try:
            slices = packed.tiles(dataset, image_type, rows, columns)
        except ValueError as error:
            fault = f"is a {packed_as}, all slices in one image, and {error}; export it with a file for each slice"
            return Reading(fault=fault, patient=patient)
        return Reading(frames=tuple(_packed_frames(dataset, path, slices)), patient=patient)
    return Reading(frames=tuple(_frames(dataset, path, rows, columns)), patient=patient)


def _frames(dataset: Dataset, path: str, rows: int, columns: int) -> Iterator[Frame]:
    common = _common(dataset) | {"path": path, "rows": rows, "columns": columns}
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
    if not per_frame:
        yield Frame(index=0, **common, **_varying(dataset, ()))
        return
    shared_groups = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    common_groups = tuple(_macros(shared_groups[0]))
    for index, own in enumerate(per_frame):
        groups = (*_macros(own), *common_groups)
        yield Frame(index=index, **common, **_varying(dataset, groups))


def _packed_frames(dataset: Dataset, path: str, slices: tuple[packed.Tile, ...]) -> Iterator[Frame]:
    """A frame for each slice of a packed image."""
    common, varying = _common(dataset) | {"path": path}, _varying(dataset, ())
    for index, tile in enumerate(slices):
        own = varying | {"position_mm": tile.position_mm, "tile": (tile.row, tile.column)}
        if tile.acquired_s is not None:
            own["acquired_s"] = tile.acquired_s
        yield Frame(index=index, rows=tile.rows, columns=tile.columns, **common, **own)


def _macros(groups: Dataset) -> Iterator[Dataset]:
    """Functional groups (each a sequence of one item) of a frame, and the item itself for what lies in it."""
    yield groups
    for element in groups:
        if element.VR == "SQ" and element.value:
            yield element.value[0]


def _common(dataset: Dataset) -> dict[str, Any]:
    """What all frames of a file share."""
    born = text(dataset, 0x00100030)
    called = re.sub(r"[\W_]+", "", text(dataset, 0x00100010)).casefold()
    return {
        "patient": _identifier(dataset),
        "person": _digest(born),
        "called": _digest(called),
        "study": text(dataset, 0x0020000D),
        "study_date_stated": bool(date_of(text(dataset, 0x00080020))),
        "study_date": date_of(text(dataset, 0x00080020), text(dataset, 0x00080022), text(dataset, 0x00080021)),
        "series": text(dataset, 0x0020000E),
        "instance": text(dataset, 0x00080018),
        "sop_class": text(dataset, 0x00080016),
        "modality": text(dataset, 0x00080060),
        "series_number": whole(dataset, 0x00200011),
        "instance_number": whole(dataset, 0x00200013),
        "acquisition_number": whole(dataset, 0x00200012),
        "description": text(dataset, 0x0008103E),
        "manufacturer": text(dataset, 0x00080070),
        "model": text(dataset, 0x00081090),
        "field_t": _field_t(number(dataset, 0x00180087)),
        "software": " ".join(texts(dataset, 0x00181020)),
        "frame_of_reference": text(dataset, 0x00200052),
        "timepoint": text(dataset, 0x00120050),
        "scanning_sequence": "\\".join(texts(dataset, 0x00180020)),
        "sequence_name": text(dataset, 0x00180024) or text(dataset, 0x00189005),
        "derivation": _derivation(dataset),
        "compressed": _is_compressed(dataset),
    }


def _is_compressed(dataset: Dataset) -> bool:
    syntax = getattr(dataset, "file_meta", Dataset()).get("TransferSyntaxUID")
    return syntax == DEFLATED_FRAMES or (syntax is not None and syntax.is_compressed)


def _derivation(dataset: Dataset) -> str:
    """Derivation codes and description; compression makes a derived image of an acquired one, and says so."""
    codes = [text(item, 0x00080104) for item in dataset.get("DerivationCodeSequence") or ()]
    lossy = ["lossy compression"] if text(dataset, 0x00282110) == "01" else []
    return " ".join(filter(None, (*codes, text(dataset, 0x00082111), *lossy))).lower()


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16] if words else ""


def _varying(dataset: Dataset, groups: tuple[Dataset, ...]) -> dict[str, Any]:
    """What may differ between the frames of a file: from the frame's groups, then from the header."""
    places = (*groups, dataset)

    def first(tag: int) -> float | None:
        return next((stated for place in places if (stated := number(place, tag)) is not None), None)

    def words(tag: int) -> str:
        return next((stated for place in places if (stated := text(place, tag))), "")

    def several(tag: int, count: int) -> tuple[float, ...] | None:
        return next((stated for place in places if (stated := numbers(place, tag, count)) is not None), None)

    def clock(stamp: int, day: int, time: int) -> float | None:
        """Seconds from a date and time in one element, or in two."""
        both = words(stamp)
        return moment(both) if both else seconds(words(day) or study_date, words(time))

    study_date = text(dataset, 0x00080020)
    spacing = several(0x00280030, 2)
    duration_ms = first(0x00189220)
    scale = scaling(dataset, groups)
    weighting = b_value(dataset, groups)
    own_type = next((stated for place in groups if (stated := texts(place, 0x00089007))), ())
    image_type = tuple(value.upper() for value in (own_type or texts(dataset, 0x00080008)))
    return {
        "image_type": image_type,
        "laterality": words(0x00209072) or words(0x00200060),
        "tr_ms": first(0x00180080),
        "te_ms": first(0x00189082) or first(0x00180081),
        "flip_angle_deg": first(0x00181314),
        "b_value": weighting,
        "direction": gradient_direction(dataset, groups) if weighting else None,
        "acquired_s": moment(words(0x00189074)) or clock(0x0008002A, 0x00080022, 0x00080032),
        "centre_s": moment(words(0x00189151)),
        "content_s": clock(0, 0x00080023, 0x00080033),
        "trigger_ms": first(0x00181060) if first(0x00181060) is not None else first(0x00209153),
        "temporal_index": _rounded(first(0x00200100) or first(0x00209128)),
        "temporal_offset_s": first(0x0020930D),
        "duration_s": duration_ms / 1000 if duration_ms else first(0x00189073) or vendor_duration_s(dataset),
        "injection_s": _injection(dataset),
        "position_mm": several(0x00200032, 3),
        "orientation": several(0x00200037, 6),
        "row_spacing_mm": spacing[0] if spacing else None,
        "column_spacing_mm": spacing[1] if spacing else None,
        "thickness_mm": first(0x00180050),
        "slope": scale.slope,
        "intercept": scale.intercept,
        "unit": scale.unit,
        "scale": scale.scale.value,
        "trace": weighting is not None and _is_trace(places, image_type, words(0x00189075)),
        "phase_encoding": phase_encoding(dataset, groups) if weighting is not None else "",
    }


def _is_trace(places: tuple[Dataset, ...], image_type: tuple[str, ...], directionality: str) -> bool:
    """Whether the scanner combined the gradient's directions; Philips writes I where others write ISOTROPIC."""
    manufacturer = text(places[-1], 0x00080070)
    tags = [(place, _PHILIPS_DIRECTION.tag(place, manufacturer)) for place in places]
    isotropic = any(tag is not None and text(place, tag).upper() == "I" for place, tag in tags)
    return isotropic or directionality.upper() == "ISOTROPIC" or not _TRACES.isdisjoint(image_type)


def _injection(dataset: Dataset) -> float | None:
    """Start of the contrast bolus on the clock of the study."""
    places = [dataset]
    for agent in dataset.get("ContrastBolusAgentSequence") or ():
        places += [agent, *(agent.get("ContrastAdministrationProfileSequence") or ())]
    clock = next((stated for place in places if (stated := text(place, 0x00181042))), "")
    return seconds(text(dataset, 0x00080022) or text(dataset, 0x00080020), clock)


def _field_t(value: float | None) -> float | None:
    """Field strength in tesla; some older scanners write gauss."""
    return value / 10_000 if value is not None and value > 100 else value


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)
