"""A patient's images and masks read from the exports, as a study asks for them."""

from collections.abc import Mapping
from collections.abc import Sequence as Series
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from client.imaging.ingest import pixels
from client.imaging.ingest.diffusion import DiffusionSeries
from client.imaging.ingest.dynamic import DynamicSeries
from client.imaging.ingest.examination import Examination
from client.imaging.ingest.frame import Frame, MaskObject
from client.imaging.ingest.mapping import Mapping as Declarations
from client.imaging.ingest.mapping import Role
from client.imaging.ingest.one_gain import require_one_gain
from client.imaging.ingest.outline import Outline, choose, outlines
from client.imaging.ingest.plain import MODALITY, read_label
from client.imaging.ingest.segmentation import read_segment
from client.imaging.ingest.stack import SAME_PLACE_DIGITS, Stack, depth_mm, stack
from client.imaging.ingest.structure_set import read_region
from client.imaging.ingest.timing import Timing
from client.imaging.preprocess.images import PatientImages
from client.imaging.volume import Geometry, Volume
from shared.clustering.standard_histogram import Standards
from shared.errors import Code, MrfedError
from shared.sections.imaging import Imaging
from shared.sections.sequence import QUANTITATIVE, REPEATED, Sequence


@dataclass(frozen=True)
class Gathered:
    """Images of one patient, and what the headers say about how they were made.

    Parameters
    ----------
    images : volumes on their own grids
    example : a frame of the reference sequence, for what all share
    timing : of the dynamic phases; None where the study has no dynamic series
    b_values : of the diffusion-weighted images, s/mm²
    made : of each sequence of several images, a frame of each
    mapping : the site's declarations
    notes : what was chosen and combined on the way
    """

    images: PatientImages
    example: Frame
    timing: Timing | None
    b_values: tuple[float, ...]
    made: Mapping[Sequence, tuple[Frame, ...]] = field(default_factory=dict)
    mapping: Declarations = field(default_factory=Declarations)
    notes: tuple[str, ...] = ()


def gather(
    examination: Examination,
    imaging: Imaging,
    folder: Path,
    reader: str | None = None,
    standards: Standards | None = None,
) -> Gathered:
    """Read what a study needs of one examination.

    Parameters
    ----------
    examination : the patient's
    imaging : the study's section
    folder : of the exports
    reader : whose tumour masks are wanted, where several drew
    standards : standard histograms, where the study asks for them and they are learned

    Raises
    ------
    MrfedError naming the patient and what is missing, unreadable or inconsistent, and what to do.
    """
    wanted = imaging.sequences
    dynamic = examination.dynamic() if Sequence.DCE in wanted else None
    diffusion = examination.diffusion() if Sequence.DWI in wanted else None
    single = {sequence: examination.single(sequence) for sequence in wanted if sequence in QUANTITATIVE | {Sequence.T2}}
    repeated = {sequence: examination.repeated(sequence) for sequence in wanted if sequence in REPEATED}
    if dynamic is not None:
        dynamic.seconds(examination.where)
    reference = reference_stack(dynamic, diffusion, single)
    chosen = chosen_masks(examination, imaging, reader, series_used(dynamic, diffusion, single))
    return Gathered(
        images=PatientImages(
            where=examination.where,
            grid=reference.geometry,
            dynamic=tuple(pixels.load(phase, folder) for phase in dynamic.phases) if dynamic else (),
            diffusion=(
                tuple(
                    trace(repeats, b_value, folder, examination.where)
                    for b_value, repeats in zip(diffusion.b_values, diffusion.stacks, strict=True)
                )
                if diffusion
                else ()
            ),
            single={
                sequence: in_declared_unit(sequence, volume, examination, folder) for sequence, volume in single.items()
            },
            repeated={
                sequence: tuple(pixels.load(image_stack, folder) for image_stack in series.stacks)
                for sequence, series in repeated.items()
            },
            standards=standards or {},
            masks={role: read_mask(outline, reference, folder, examination) for role, outline in chosen.items()},
        ),
        example=reference.frames[0],
        timing=dynamic.timing if dynamic else None,
        b_values=diffusion.b_values if diffusion else (),
        made={sequence: series.examples for sequence, series in repeated.items()},
        mapping=examination.mapping,
        notes=(*(dynamic.notes if dynamic else ()), *(diffusion.notes if diffusion else ())),
    )


def reference_stack(
    dynamic: DynamicSeries | None, diffusion: DiffusionSeries | None, single: Mapping[Sequence, Stack]
) -> Stack:
    """The stack on whose grid everything ends: that of the dynamic series, else of T2 or a map, else of DWI."""
    if dynamic is not None:
        return dynamic.phases[0]
    if single:
        return next(iter(single.values()))
    assert diffusion is not None
    return diffusion.stacks[0][0]


def series_used(
    dynamic: DynamicSeries | None, diffusion: DiffusionSeries | None, single: Mapping[Sequence, Stack]
) -> list[frozenset[str]]:
    """Series of each sequence that a study uses, in the order in which one is the reference."""
    stacks = [list(dynamic.phases)] if dynamic is not None else []
    stacks += [[volume] for volume in single.values()]
    stacks += [[volume for repeats in diffusion.stacks for volume in repeats]] if diffusion is not None else []
    return [frozenset(frame.series for image_stack in several for frame in image_stack.frames) for several in stacks]


def chosen_masks(
    examination: Examination,
    imaging: Imaging,
    reader: str | None = None,
    used: Series[frozenset[str]] = (),
) -> dict[Role, Outline]:
    """The one mask of each role, among them the one that the study needs.

    Raises
    ------
    MrfedError (DATA_MISSING) where it is not there; (DATA_INCONSISTENT) where there are several.
    """
    mapping = examination.mapping
    drawn = outlines(examination.masks, mapping)
    chosen = choose(drawn, mapping, examination.patient, reader, used)
    needed = Role.TUMOUR if imaging.tumour == "drawn" else Role.VOI
    if needed not in chosen:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{examination.where}: no mask of the {needed}; {_labels(examination)}",
        )
    return chosen


def _labels(examination: Examination) -> str:
    """What to do without the mask that is needed, by what other masks there are."""
    labels = sorted({segment.label for mask in examination.masks for segment in mask.segments})
    if not labels:
        return "export it as DICOM SEG, RTSTRUCT, NIfTI or NRRD"
    return f"say in the mapping file which of the labels that are there is its (masks): {', '.join(labels)}"


def in_declared_unit(sequence: Sequence, slices: Stack, examination: Examination, folder: Path) -> Volume:
    """A volume with the unit that the mapping file declares, or else the header."""
    volume = pixels.load(slices, folder)
    return replace(volume, unit=examination.mapping.units.get(sequence, volume.unit))


def trace(repeats: tuple[Stack, ...], b_value: float, folder: Path, where: str) -> Volume:
    """One image for a b-value: the geometric mean over directions and repetitions, whose logarithm ADC fits.

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where they were received with different gains; or they cannot be read.
    """
    volumes = [pixels.load(repeat, folder) for repeat in repeats]
    if len(volumes) == 1:
        return volumes[0]
    require_one_gain(volumes, b_value, where)
    logarithms = np.zeros(volumes[0].voxels.shape, dtype=np.float32)
    with np.errstate(divide="ignore"):  # no signal in one direction leaves none in the mean
        for volume in volumes:
            logarithms += np.log(np.maximum(volume.voxels, 0))
    return Volume(np.exp(logarithms / len(volumes)), volumes[0].geometry, volumes[0].unit)


def read_mask(outline: Outline, reference: Stack, folder: Path, examination: Examination) -> Volume:
    """A mask on its own grid, in the coordinates of the images.

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where it was drawn in other coordinates; or it cannot be read.
    """
    image, source = reference.frames[0], outline.source
    if source.frame_of_reference and image.frame_of_reference not in ("", source.frame_of_reference):
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"patient {image.patient}: {source.path} ({outline.segment.label}) was drawn in another frame of "
            "reference than the images; export the mask that belongs to them",
        )
    path = folder / source.path
    if source.modality == "RTSTRUCT":
        return read_region(path, outline.segment.number, source_grid(source, reference, examination), image.patient)
    if source.modality == MODALITY:
        return read_label(path, outline.segment.number, image.patient)
    grid = source_grid(source, reference, examination)
    return read_segment(path, outline.segment.number, image.patient, grid)


def source_grid(mask: MaskObject, reference: Stack, examination: Examination) -> Geometry:
    """Grid of the series on which a mask was drawn; that of the reference where the mask names none that is there.

    Parameters
    ----------
    mask : a SEG or RTSTRUCT
    reference : of the study's images
    examination : all images of the day
    """
    if any(frame.series in mask.referenced_series for frame in reference.frames):
        return reference.geometry
    for series in mask.referenced_series:
        slices: dict[float, Frame] = {}
        try:
            for frame in examination.frames:
                if frame.series == series:
                    slices.setdefault(round(depth_mm(frame), SAME_PLACE_DIGITS), frame)
            if slices:
                return stack(list(slices.values())).geometry
        except MrfedError:  # a series of no use: its grid is none
            continue
    return reference.geometry
