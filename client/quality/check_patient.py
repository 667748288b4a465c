"""What there is of one patient for a study, and what keeps the patient out of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from client.imaging.ingest import pixels, side
from client.imaging.ingest.diffusion import DiffusionSeries
from client.imaging.ingest.dynamic import DynamicSeries
from client.imaging.ingest.examination import Examination, examine
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.image_series import ImageSeries
from client.imaging.ingest.index import Patient
from client.imaging.ingest.mapping import Mapping, Role
from client.imaging.ingest.mask_extent import centre_mm, require_lesion
from client.imaging.ingest.outline import Outline, outlines, readers
from client.imaging.ingest.patient_images import (
    chosen_masks,
    in_declared_unit,
    read_mask,
    reference_stack,
    series_used,
    trace,
)
from client.imaging.ingest.phase_choice import phase_of
from client.imaging.ingest.scanner_name import scanner_name
from client.imaging.ingest.stack import Stack
from client.imaging.maps.acquisition import Acquisition, Diffusion, Dynamic, Series, VendorMap
from client.imaging.maps.registry import REGISTRY, refusal
from client.imaging.maps.repeated_series import repeated_series
from client.imaging.maps.vendor_map import in_unit
from client.imaging.preprocess.nearest import onto_grid
from client.imaging.volume import Mask, Volume
from shared.errors import Code, MrfedError
from shared.sections.imaging import READ_FROM
from shared.sections.maps import VendorMapRequest, VendorQuantity
from shared.sections.sequence import QUANTITATIVE, REPEATED, Sequence
from shared.study.study import Study

Result = TypeVar("Result")


@dataclass(frozen=True)
class Problem:
    """What keeps a patient out as things are, and what to do about it."""

    code: Code
    text: str


@dataclass(frozen=True)
class SeriesFound:
    """A series of the examination: number and name, the sequence that it is (empty for none), and its images."""

    number: int | None
    description: str
    sequence: str
    images: int


@dataclass(frozen=True)
class LabelFound:
    """A mask's label, what it outlines (empty where nothing says), and who drew it."""

    label: str
    role: str
    reader: str


@dataclass
class PatientCheck:
    """What there is of one patient.

    Parameters
    ----------
    patient : as the clinical table calls it
    examined : date of the examination, YYYYMMDD
    timepoint : as a trial labels it; empty without
    scanner : make, model and field strength
    sequences : those recognized, needed or not
    seconds : of each dynamic phase after injection; empty where nobody says
    timing : who says so
    timing_assumed : the site does, not the DICOM
    b_values : s/mm²
    grid : of the reference sequence, voxels at millimetres
    mask_ml : volume of the mask that the study needs; None where there is none
    breast : in which that mask lies, left or right; empty where nothing says
    lesion : label of the mask that the study needs
    reader : who drew it; empty where the file does not say
    centre_mm : of that mask in the patient: left, posterior, superior
    lesions : how many lesions have masks, by whomever they were drawn
    label : class or value of the study's endpoint; empty where there is none
    series : of the examination
    labels : of all masks
    problems : what keeps the patient out
    notes : what a person may want to look at
    """

    patient: str
    examined: str = ""
    timepoint: str = ""
    scanner: str = ""
    sequences: tuple[str, ...] = ()
    seconds: tuple[float, ...] = ()
    timing: str = ""
    timing_assumed: bool = False
    b_values: tuple[float, ...] = ()
    grid: str = ""
    mask_ml: float | None = None
    centre_mm: tuple[float, float, float] | None = None
    breast: str = ""
    lesion: str = ""
    reader: str = ""
    lesions: int = 0
    label: str = ""
    series: tuple[SeriesFound, ...] = ()
    labels: tuple[LabelFound, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def attempt(self, look: Callable[[], Result]) -> Result | None:
        """What a look finds; None, and a problem more, where it meets an error."""
        try:
            return look()
        except MrfedError as error:
            self.problems.append(Problem(error.code, error.text))
            return None


def check_patient(patient: Patient, mapping: Mapping, study: Study, folder: Path) -> PatientCheck:
    """Look for everything that a study needs of one patient; reads headers and masks, no images.

    Parameters
    ----------
    patient : from the index
    mapping : the site's declarations
    study : with images
    folder : of the exports
    """
    imaging = study.imaging
    assert imaging is not None
    checked = PatientCheck(mapping.patient(patient.identifier).table_name or patient.identifier)
    examination = checked.attempt(lambda: examine(patient, mapping))
    if examination is None:
        return checked
    checked.examined, checked.timepoint = examination.study_date, examination.timepoint
    checked.sequences = tuple(sequence.value for sequence in examination.sequences)
    checked.notes += examination.notes
    checked.series, checked.labels = _series(examination), _labels(examination)
    needed = imaging.sequences
    dynamic = checked.attempt(examination.dynamic) if Sequence.DCE in needed else None
    diffusion = checked.attempt(examination.diffusion) if Sequence.DWI in needed else None
    single: dict[Sequence, Stack] = {}
    repeated: dict[Sequence, ImageSeries] = {}
    for sequence in needed:
        if sequence in REPEATED:
            several = checked.attempt(lambda sequence=sequence: examination.repeated(sequence))  # type: ignore[misc]
            if several is not None:
                repeated[sequence] = several
        elif sequence not in (Sequence.DCE, Sequence.DWI):
            volume = checked.attempt(lambda sequence=sequence: examination.single(sequence))  # type: ignore[misc]
            if volume is not None:
                single[sequence] = volume
    if dynamic is not None:
        _check_phases(checked, dynamic, study, examination.where)
        checked.notes += dynamic.notes
    if diffusion is not None:
        checked.b_values = diffusion.b_values
        checked.notes += diffusion.notes
    _check_lesions(checked, examination)
    used = bool(dynamic or diffusion or single)
    reference = reference_stack(dynamic, diffusion, single) if used else None
    series = series_used(dynamic, diffusion, single)
    masks = checked.attempt(lambda: chosen_masks(examination, imaging, used=series))
    _check_pixels(checked, dynamic, diffusion, repeated, folder, examination.where)
    volumes = _check_single(checked, single, examination, folder)
    if reference is not None:
        checked.scanner = scanner_name(reference.frames[0])
        geometry = reference.geometry
        checked.grid = "×".join(map(str, geometry.size)) + " at " + "×".join(f"{mm:.3g}" for mm in geometry.spacing_mm)
        if masks:
            _check_mask(checked, masks, reference, study, folder, examination)
    _check_maps(checked, dynamic, diffusion, volumes, repeated, masks or {}, study, examination)
    return checked


def _series(examination: Examination) -> tuple[SeriesFound, ...]:
    sequences = {frame.series: group.sequence.value for group in examination.groups for frame in group.frames}
    by_series: dict[str, list[Frame]] = {}
    for frame in examination.frames:
        by_series.setdefault(frame.series, []).append(frame)
    every_series = [
        SeriesFound(frames[0].series_number, frames[0].description, sequences.get(series, ""), len(frames))
        for series, frames in by_series.items()
    ]
    return tuple(sorted(every_series, key=lambda series: (series.number or 0, series.description)))


def _labels(examination: Examination) -> tuple[LabelFound, ...]:
    roles = {
        (outline.source.path, outline.segment.number): outline.role.value
        for outline in outlines(examination.masks, examination.mapping)
    }
    return tuple(
        LabelFound(segment.label, roles.get((mask.path, segment.number), ""), mask.reader)
        for mask in examination.masks
        for segment in mask.segments
    )


def _check_pixels(
    checked: PatientCheck,
    dynamic: DynamicSeries | None,
    diffusion: DiffusionSeries | None,
    repeated: dict[Sequence, ImageSeries],
    folder: Path,
    where: str,
) -> None:
    """Whether compressed images can be decoded, and combined ones have one gain; the rest headers and lengths tell."""
    slices = [*(dynamic.phases if dynamic else ()), *(stack for series in repeated.values() for stack in series.stacks)]
    for b_value, repeats in zip(diffusion.b_values, diffusion.stacks, strict=True) if diffusion else ():
        if len(repeats) > 1 or any(frame.compressed for frame in repeats[0].frames):
            checked.attempt(lambda b_value=b_value, repeats=repeats: trace(repeats, b_value, folder, where))  # type: ignore[misc]
    for stack in slices:
        if any(frame.compressed for frame in stack.frames):
            checked.attempt(lambda stack=stack: pixels.load(stack, folder))  # type: ignore[misc]


def _check_single(
    checked: PatientCheck, single: dict[Sequence, Stack], examination: Examination, folder: Path
) -> dict[Sequence, Volume]:
    """The scanner's own maps as they are read, since their numbers decide whether they are of use."""
    volumes = {}
    for sequence, slices in single.items():
        if sequence in QUANTITATIVE or any(frame.compressed for frame in slices.frames):
            volume = checked.attempt(
                lambda sequence=sequence, slices=slices: in_declared_unit(sequence, slices, examination, folder)  # type: ignore[misc]
            )
            if volume is not None:
                volumes[sequence] = volume
    return volumes


def _check_phases(checked: PatientCheck, dynamic: DynamicSeries, study: Study, where: str) -> None:
    assert study.imaging is not None
    checked.timing, checked.timing_assumed = dynamic.timing.source, dynamic.timing.assumed
    seconds = checked.attempt(lambda: dynamic.seconds(where))
    if seconds is None:
        return
    checked.seconds = seconds
    for name in study.imaging.images:
        if READ_FROM[name] is Sequence.DCE:
            checked.attempt(lambda name=name: phase_of(name, seconds, study.imaging, where))  # type: ignore[misc]


def _check_lesions(checked: PatientCheck, examination: Examination) -> None:
    """How many lesions were drawn, and who says which of them was sampled."""
    drawn = [outline for outline in outlines(examination.masks, examination.mapping) if outline.role is Role.TUMOUR]
    checked.lesions = len({outline.segment.label for outline in drawn})
    named = examination.mapping.patient(examination.patient).lesion
    if checked.lesions > 1 and named is not None:
        checked.notes.append(f"{checked.lesions} lesions; {named!r} was sampled, says the mapping file")
    by = readers(drawn)
    if len(by) > 1 and examination.mapping.reader is not None:
        checked.notes.append(
            f"{len(by)} readers; masks of {examination.mapping.reader} are used, says the mapping file"
        )


def _check_mask(
    checked: PatientCheck,
    masks: dict[Role, Outline],
    reference: Stack,
    study: Study,
    folder: Path,
    examination: Examination,
) -> None:
    assert study.imaging is not None
    role = Role.TUMOUR if study.imaging.tumour == "drawn" else Role.VOI
    outline = masks[role]
    checked.lesion, checked.reader = outline.segment.label, outline.reader
    where = f"patient {outline.source.patient}: mask of the {role}"
    mask = checked.attempt(lambda: read_mask(outline, reference, folder, examination))
    if mask is None:
        return
    inside = checked.attempt(lambda: onto_grid(mask, reference.geometry, where))
    if inside is not None:
        checked.mask_ml = float(inside.sum()) * reference.geometry.voxel_volume_ml
        checked.centre_mm = centre_mm(inside, reference.geometry)
        if role is Role.TUMOUR:
            checked.attempt(lambda: require_lesion(inside, where))
        _check_breast(checked, inside, reference, examination)


def _check_breast(checked: PatientCheck, inside: Mask, reference: Stack, examination: Examination) -> None:
    """In which breast the mask lies, by where it is in the images, or by their headers where they show one breast."""
    declared = side.declared(frame.laterality for frame in reference.frames)
    lies = side.where(inside, reference.geometry)
    checked.breast = lies or declared or examination.mapping.patient(examination.patient).breast or ""
    if declared and lies and declared != lies:
        checked.notes.append(
            f"the mask lies in the {lies} breast, the headers name the {declared} one; make sure of it"
        )


def _check_maps(
    checked: PatientCheck,
    dynamic: DynamicSeries | None,
    diffusion: DiffusionSeries | None,
    volumes: dict[Sequence, Volume],
    repeated: dict[Sequence, ImageSeries],
    masks: dict[Role, Outline],
    study: Study,
    examination: Examination,
) -> None:
    """Whether each map could be computed, asked with one voxel in place of the images that it is computed from."""
    voxel = np.ones((1, 1, 1), dtype=np.float32)
    series: list[Series] = []
    if dynamic is not None and checked.seconds:
        example = dynamic.example
        series.append(
            Dynamic(
                signal=np.ones((1, 1, 1, len(checked.seconds)), dtype=np.float32),
                seconds=checked.seconds,
                timing_assumed=checked.timing_assumed,
                tr_ms=example.tr_ms,
                flip_angle_deg=example.flip_angle_deg,
                field_t=example.field_t,
            )
        )
    if diffusion is not None:
        signal = np.ones((1, 1, 1, len(diffusion.b_values)), dtype=np.float32)
        series.append(Diffusion(signal=signal, b_values=diffusion.b_values))
    vendors = {
        VendorQuantity(sequence): VendorMap(VendorQuantity(sequence), volume.voxels, volume.unit)
        for sequence, volume in volumes.items()
        if sequence in QUANTITATIVE
    }
    series += vendors.values()
    for sequence, several in repeated.items():
        signal = np.ones((1, 1, 1, len(several.stacks)), dtype=np.float32)
        rebuilt = checked.attempt(
            lambda sequence=sequence, several=several, signal=signal: repeated_series(  # type: ignore[misc]
                sequence, signal, several.examples, examination.mapping, vendors, examination.where
            )
        )
        series += [] if rebuilt is None else [rebuilt]
    regions = {role.value: voxel > 0 for role in masks}
    acquired = Acquisition(examination.where, tuple(series), regions, voxel_volume_ml=1.0)
    for request in study.maps:
        wanted = REGISTRY[request.name]
        # a missing series has its own problem already
        if all(acquired.find(kind) is not None for kind in wanted.reads):
            text = refusal(request, acquired)
            if text is not None:
                checked.problems.append(Problem(Code.DATA_MISSING, text))
            elif isinstance(request, VendorMapRequest):
                _check_unit(checked, vendors[request.quantity], examination.where)


def _check_unit(checked: PatientCheck, vendor: VendorMap, where: str) -> None:
    """Whether a map of the scanner has a unit, and numbers that tissue has in it."""
    try:
        in_unit(vendor)
    except MrfedError as error:
        checked.problems.append(Problem(error.code, f"{where}: {error.text}"))
