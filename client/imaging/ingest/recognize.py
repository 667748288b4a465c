"""What kind of sequence a series is, by its tags and by what scanners and hospitals call it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from client.imaging.ingest.acquired import not_acquired
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.untagged_b_values import with_b_values
from shared.sections.sequence import QUANTITATIVE
from shared.sections.sequence import Sequence as Kind

_NAMES: tuple[tuple[Kind | None, str], ...] = (
    (None, r"\b(e|exp\w*) ?adc\b|exponential"),
    (Kind.ADC, r"\badc\b|apparent.diff"),
    (Kind.PE_MAP, r"\bpercent.?enh|\bpe ?\d? ?map\b|\bpe ?\d$"),
    (Kind.SER_MAP, r"\bsignal.enhancement.ratio|\bser ?map\b|\bser$"),
    (Kind.T1_MAP, r"\bt1 ?map"),
    (Kind.T2_MAP, r"\bt2 ?map"),
    (Kind.PD_MAP, r"\bpd ?map"),
    (Kind.APT, r"\bapt ?w?\b|\bmtr ?asym"),
    (Kind.B1_MAP, r"\bb1 ?map"),
    (Kind.B0_MAP, r"\b(b0|wasser|wassr) ?map"),
    (Kind.CELL_DIAMETER, r"\bcell ?(diameter|size)"),
    (Kind.CELLULARITY, r"\bcellularity"),
    (Kind.INTRACELLULAR_FRACTION, r"\bintracellular ?(volume )?fraction"),
    (Kind.FLIP_ANGLES, r"\bvfa\b|\b(variable|multiple|several) flip"),
    (Kind.SATURATION, r"\bcest\b|\bz ?spectrum"),
    (Kind.DIFFUSION_TIMES, r"\bogse\b|\bpgse\b|\btd ?d?mri\b|\btime dependent diff"),
    (
        None,
        r"\bsub\b|\bsubtract|\bmip\b|\bmpr\b|\bprojection|\blocali[sz]er|\bscout|\bsurvey|\bcalibration"
        r"|\bscreen ?save|\bwash ?(in|out)|\bttp\b|\bfa ?map",
    ),
)
"""Images by name, in this order; None for those of no use. Words, not letters within words."""
_IN_IMAGE_TYPE: tuple[tuple[Kind, str], ...] = ((Kind.PE_MAP, r"\bpe ?\d?\b"), (Kind.SER_MAP, r"\bser\b"))
"""Short words that mean a map in the image type, and anything in a description: PE=RL, ser 1."""
_DIFFUSION = r"\bdwi\b|\bdti\b|\bdiffusion|\bdiff\b|\bep2d\b|\bdw\b"
_DYNAMIC = r"\bdce\b|\bdyn\w*|\bperfusion\b"
_T2 = r"\bt2w?\b|\bstir\b|\btirm\b|\bhaste\b"
_T2_STAR = re.compile(r"t2 ?\*|t2[ _]?star", re.IGNORECASE)
# Dixon reconstructions of one acquisition; water is the one with contrast enhancement to be seen.
_DIXON = {
    **dict.fromkeys(("W", "WATER"), "water"),
    **dict.fromkeys(("F", "FAT", "IP", "OP", "IN_PHASE", "OPP_PHASE", "OUT_PHASE"), "other"),
}
# Real, imaginary and phase images beside the magnitude.
_COMPLEX_PART = re.compile(r"(P|R|I|PHASE|REAL|IMAGINARY)(_|$|\bMAP)")
_T1_GRADIENT_ECHO_TR_MS = 20
_T1_TE_MS = 10
_T2_TE_MS = 50
_T2_TR_MS = 1500


@dataclass(frozen=True)
class Group:
    """Frames of one series with one contrast and one plane."""

    sequence: Kind
    frames: tuple[Frame, ...]

    @property
    def example(self) -> Frame:
        """Any frame, for what all share."""
        return self.frames[0]


@dataclass(frozen=True)
class Recognized:
    """What an examination holds.

    Parameters
    ----------
    groups : of use, in order of series number
    notes : which series looked like a sequence and are none, and what was assumed of the others
    """

    groups: tuple[Group, ...]
    notes: tuple[str, ...]


def recognize(frames: Iterable[Frame], mapping: Mapping, patient: str = "") -> Recognized:
    """Group a patient's frames by series, contrast and plane, and name each group's sequence.

    A group named `dce` is a T1-weighted gradient echo: one of them with several time points, or several
    with the same grid, make the dynamic series (`client.imaging.ingest.dynamic`).

    Parameters
    ----------
    frames : of one examination
    mapping : the site's declarations, which win over the rules
    patient : whose, for rules of a patient's own

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where the mapping file declares b-values that do not fit the series.
    """
    groups: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    for frame in frames:
        if not any(_COMPLEX_PART.match(part) for part in frame.image_type):
            groups[_contrast(frame)].append(frame)
    recognized: list[Group] = []
    notes: dict[str, None] = {}
    for group in groups.values():
        images, assumed = with_b_values(group, mapping)
        declared = mapping.sequence_of(images[0].description, images[0].series_number, patient)
        sequence = _sequence(images) if declared is None else declared
        if declared is None and sequence is not None and sequence not in QUANTITATIVE and not_acquired(images):
            notes[_passed_over(images, sequence)] = None
            continue
        if sequence is not None and sequence != "ignore":
            recognized.append(Group(Kind(sequence), tuple(images)))
            notes |= dict.fromkeys(assumed)
    recognized.sort(key=lambda group: (group.example.series_number or 0, group.example.series))
    return Recognized(tuple(recognized), tuple(notes))


def _passed_over(group: Sequence[Frame], sequence: str) -> str:
    return (
        f"{group[0].series_name} looks like {sequence} but is {not_acquired(group)}: "
        "it is not used; name it in the mapping file (series) if it was acquired"
    )


def _contrast(frame: Frame) -> tuple[object, ...]:
    """What frames of one volume or dynamic series have in common."""
    plane = tuple(round(cosine, 2) + 0.0 for cosine in frame.orientation or ())
    derived = "ADC" in frame.image_type, bool(not_acquired((frame,)))
    echo = None if frame.te_ms is None else round(frame.te_ms, 1)
    return frame.series, frame.rows, frame.columns, plane, echo, _dixon(frame), derived


def _dixon(frame: Frame) -> str:
    return next((_DIXON[part] for part in frame.image_type if part in _DIXON), "")


def _words(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).lower().strip()


def _sequence(group: Sequence[Frame]) -> Kind | None:
    example = group[0]
    described, typed = _words(example.description), _words(" ".join(example.image_type))
    weighted = any(frame.b_value for frame in group)
    for short, pattern in _IN_IMAGE_TYPE:
        if re.search(pattern, typed):
            return short
    for sequence, pattern in _NAMES:
        # what was acquired with diffusion gradients is no map, whatever its protocol is named for
        named_only = sequence is Kind.ADC and weighted and example.image_type[:1] == ("ORIGINAL",)
        named_only |= sequence is Kind.T2_MAP and _T2_STAR.search(example.description) is not None
        if re.search(pattern, typed) or (re.search(pattern, described) and not named_only):
            return sequence
    if _dixon(example) == "other":
        return None
    # GE fills the b-value in with 0 for every sequence.
    if weighted or (re.search(_DIFFUSION, f"{described} {typed}") and example.b_value is not None):
        return Kind.DWI
    tr_ms, te_ms = example.tr_ms, example.te_ms
    if tr_ms is not None and tr_ms <= _T1_GRADIENT_ECHO_TR_MS and (te_ms is None or te_ms <= _T1_TE_MS):
        return Kind.DCE
    if tr_ms is None and re.search(_DYNAMIC, f"{described} {typed}"):
        return Kind.DCE
    echo_planar = "EP" in example.scanning_sequence.split("\\")
    if echo_planar or _T2_STAR.search(example.description) or re.search(_DIFFUSION, described):
        return None
    long_echo = tr_ms is not None and te_ms is not None and te_ms >= _T2_TE_MS and tr_ms >= _T2_TR_MS
    return Kind.T2 if long_echo or re.search(_T2, described) else None
