"""A patient's images and masks read from the exports, as a study asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from client.imaging.ingest import pixels
from client.imaging.ingest.diffusion import DiffusionSeries
from client.imaging.ingest.dynamic import DynamicSeries
from client.imaging.ingest.examination import Examination
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.mapping import Mapping as Declarations
from client.imaging.ingest.mapping import Role
from client.imaging.ingest.outline import Outline, choose, outlines
from client.imaging.ingest.plain import MODALITY, read_label
from client.imaging.ingest.segmentation import read_segment
from client.imaging.ingest.stack import Stack
from client.imaging.ingest.structure_set import read_region
from client.imaging.ingest.timing import Timing
from client.imaging.preprocess.images import PatientImages
from client.imaging.volume import Volume
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
    """

    images: PatientImages
    example: Frame
    timing: Timing | None
    b_values: tuple[float, ...]
    made: Mapping[Sequence, tuple[Frame, ...]] = field(default_factory=dict)
    mapping: Declarations = field(default_factory=Declarations)


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
    single: dict[Sequence, Stack] = {
        sequence: examination.single(sequence) for sequence in wanted if sequence in QUANTITATIVE | {Sequence.T2}
    }
    repeated = {sequence: examination.repeated(sequence) for sequence in wanted if sequence in REPEATED}
    if dynamic is not None:
        dynamic.seconds(examination.where)
    reference = reference_stack(dynamic, diffusion, single)
    chosen = chosen_masks(examination, imaging, reader)
    return Gathered(
        images=PatientImages(
            where=examination.where,
            grid=reference.geometry,
            dynamic=tuple(pixels.load(phase, folder) for phase in dynamic.phases) if dynamic else (),
            diffusion=tuple(_trace(repeats, folder) for repeats in diffusion.stacks) if diffusion else (),
            single={
                sequence: _in_declared_unit(sequence, stack, examination, folder) for sequence, stack in single.items()
            },
            repeated={
                sequence: tuple(pixels.load(one, folder) for one in series.stacks)
                for sequence, series in repeated.items()
            },
            standards=standards or {},
            masks={role: read_mask(outline, reference, folder) for role, outline in chosen.items()},
        ),
        example=reference.frames[0],
        timing=dynamic.timing if dynamic else None,
        b_values=diffusion.b_values if diffusion else (),
        made={sequence: series.examples for sequence, series in repeated.items()},
        mapping=examination.mapping,
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


def chosen_masks(examination: Examination, imaging: Imaging, reader: str | None = None) -> dict[Role, Outline]:
    """The one mask of each role, among them the one that the study needs.

    Raises
    ------
    MrfedError (DATA_MISSING) where it is not there; (DATA_INCONSISTENT) where there are several.
    """
    mapping = examination.mapping
    chosen = choose(outlines(examination.masks, mapping), mapping, examination.patient, reader)
    needed = Role.TUMOUR if imaging.tumour == "drawn" else Role.VOI
    if needed not in chosen:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{examination.where}: no mask of the {needed}; export it as DICOM SEG, or say in the mapping file "
            "which label it has",
        )
    return chosen


def _in_declared_unit(sequence: Sequence, stack: Stack, examination: Examination, folder: Path) -> Volume:
    """A volume with the unit that the mapping file declares, or else the header."""
    volume = pixels.load(stack, folder)
    return replace(volume, unit=examination.mapping.units.get(sequence, volume.unit))


def _trace(repeats: tuple[Stack, ...], folder: Path) -> Volume:
    """One image for a b-value: the geometric mean over directions and repetitions, whose logarithm ADC fits."""
    volumes = [pixels.load(stack, folder) for stack in repeats]
    if len(volumes) == 1:
        return volumes[0]
    logarithms = np.zeros(volumes[0].voxels.shape, dtype=np.float32)
    with np.errstate(divide="ignore"):  # no signal in one direction leaves none in the mean
        for volume in volumes:
            logarithms += np.log(np.maximum(volume.voxels, 0))
    return Volume(np.exp(logarithms / len(volumes)), volumes[0].geometry, volumes[0].unit)


def read_mask(outline: Outline, reference: Stack, folder: Path) -> Volume:
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
        return read_region(path, outline.segment.number, reference.geometry, image.patient)
    if source.modality == MODALITY:
        return read_label(path, outline.segment.number, image.patient)
    return read_segment(path, outline.segment.number, image.patient)
