"""One patient's examination before treatment: each sequence found when it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from client.imaging.ingest.baseline import before_treatment
from client.imaging.ingest.diffusion import DiffusionSeries, diffusion_series
from client.imaging.ingest.diffusion_choice import chosen_images
from client.imaging.ingest.dynamic import DynamicSeries, dynamic_series
from client.imaging.ingest.frame import Frame, MaskObject
from client.imaging.ingest.image_series import ImageSeries, image_series
from client.imaging.ingest.index import Patient
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.plain import MODALITY
from client.imaging.ingest.recognize import Group, recognize
from client.imaging.ingest.stack import Stack, stack
from shared.errors import Code, MrfedError
from shared.sections.sequence import Sequence as Kind


@dataclass(frozen=True)
class Examination:
    """Groups of images and masks of one examination.

    Parameters
    ----------
    patient : identifier in the DICOM
    timepoint : as a trial labels the examination; empty without
    groups : recognized series
    masks : SEG and RTSTRUCT objects
    notes : what was decided and a person may want to check
    frames : all images of the examination, recognized or not
    """

    patient: str
    study: str
    study_date: str
    groups: tuple[Group, ...]
    masks: tuple[MaskObject, ...]
    mapping: Mapping
    notes: tuple[str, ...] = ()
    timepoint: str = ""
    frames: tuple[Frame, ...] = ()

    @property
    def where(self) -> str:
        """Whom messages are about."""
        return f"patient {self.patient}"

    @property
    def sequences(self) -> tuple[Kind, ...]:
        """Kinds of sequence of which there is at least one series."""
        there = {group.sequence for group in self.groups}
        return tuple(kind for kind in Kind if kind in there)

    def dynamic(self) -> DynamicSeries:
        """The dynamic series; MrfedError where there is none, or it is incomplete or ambiguous."""
        return dynamic_series(self._of(Kind.DCE), self.mapping.declared_timing(self.patient), self.where)

    def diffusion(self) -> DiffusionSeries:
        """The diffusion-weighted series; MrfedError where there is none, or it is incomplete or ambiguous."""
        return diffusion_series(self._of(Kind.DWI), self.where)

    def single(self, sequence: Kind) -> Stack:
        """The volume of a sequence that has one (T2, a vendor's map): that with the most slices.

        Raises
        ------
        MrfedError (DATA_MISSING) where there is none; (DATA_INCONSISTENT) where it is no regular volume, or
        two have equally many slices.
        """
        groups = sorted(self._of(sequence), key=lambda group: -len(group.frames))
        if not groups:
            raise MrfedError(
                Code.DATA_MISSING,
                f"{self.where}: no {sequence} series; export it, or name it in the mapping file (series)",
            )
        if len(groups) > 1 and len(groups[1].frames) == len(groups[0].frames):
            both = " and ".join(group.example.series_name for group in groups[:2])
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"{self.where}: two {sequence} series of {len(groups[0].frames)} slices ({both}); "
                "name the one to use in the mapping file and let it ignore the other (series)",
            )
        return stack(groups[0].frames)

    def repeated(self, sequence: Kind) -> ImageSeries:
        """The images of a sequence that maps alone read; MrfedError where there are none, or they do not fit."""
        if sequence is Kind.DWI_DIRECTIONS:
            images, _ = chosen_images(self._of(Kind.DWI), self.where)
            return image_series([_with_directions(Group(Kind.DWI, tuple(images)))], sequence.value, self.where)
        return image_series(self._of(sequence), sequence.value, self.where)

    def _of(self, sequence: Kind) -> list[Group]:
        return [group for group in self.groups if group.sequence is sequence]


def _with_directions(group: Group) -> Group:
    """A diffusion-weighted group without the scanner's averages over directions."""
    own = tuple(
        frame for frame in group.frames if frame.b_value == 0 or (frame.direction is not None and not frame.trace)
    )
    return replace(group, frames=own)


def examine(patient: Patient, mapping: Mapping) -> Examination:
    """Choose the examination before treatment and recognize its series.

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where the identifier belongs to two people or two different images share
    one instance UID, or nothing says which examination is before treatment; (DATA_MISSING) where none is the one that
    the mapping file names.
    """
    where = f"patient {patient.identifier}"
    if len({frame.person for frame in patient.frames if frame.person}) > 1:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: images under this identifier have different birth dates: two people, or a wrong "
            "export; separate them",
        )
    frames = _without_copies(patient, where)
    study, notes = before_treatment(frames, mapping.patient(patient.identifier).study, mapping.baseline, where)
    if (names := len({frame.called for frame in frames if frame.called})) > 1:
        notes.append(f"{names} names under one identifier; make sure that this is one person")
    own = [frame for frame in frames if frame.study == study]
    recognized = recognize(own, mapping, patient.identifier)
    return Examination(
        patient=patient.identifier,
        study=study,
        study_date=min((frame.study_date for frame in own if frame.study_date), default=""),
        timepoint=own[0].timepoint if own else "",
        groups=recognized.groups,
        frames=tuple(own),
        masks=_masks(patient.masks, own, study),
        mapping=mapping,
        notes=(*notes, *recognized.notes),
    )


def _without_copies(patient: Patient, where: str) -> list[Frame]:
    """Frames, each once: a folder may hold the same file twice."""
    kept: dict[tuple[str, int], Frame] = {}
    for frame in patient.frames:
        first = kept.setdefault((frame.instance, frame.index), frame)
        if first is not frame and replace(frame, path=first.path) != first:
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"{where}: {first.path} and {frame.path} have one instance UID but differ; remove the wrong one",
            )
    return list(kept.values())


def _masks(masks: Sequence[MaskObject], frames: Sequence[Frame], study: str) -> tuple[MaskObject, ...]:
    """Mask objects of the examination: of its study, drawn in its coordinates or on its series, or without any."""
    coordinates = {frame.frame_of_reference for frame in frames if frame.frame_of_reference}
    series = {frame.series for frame in frames}

    def belongs(mask: MaskObject) -> bool:
        drawn_here = mask.frame_of_reference in coordinates or not series.isdisjoint(mask.referenced_series)
        if mask.modality == MODALITY:  # named for a session of the same files, or lying beside the DICOM
            return mask.study in ("", study) or any(frame.sop_class for frame in frames)
        return mask.study == study or drawn_here

    return tuple(mask for mask in masks if belongs(mask))
