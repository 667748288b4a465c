"""What kind of sequence a series is, by its tags and by what scanners and hospitals call it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from client.imaging.ingest.frame import Frame
from client.imaging.ingest.mapping import Mapping
from shared.sections.sequence import Sequence as Kind

_NAMES: tuple[tuple[Kind | None, str], ...] = (
    (None, r"\b(e|exp\w*) ?adc\b|exponential"),
    (Kind.ADC, r"\badc\b|apparent.diff"),
    (Kind.PE_MAP, r"\bpe ?\d?\b|percent.?enh"),
    (Kind.SER_MAP, r"\bser\b|signal.enhancement.ratio"),
    (Kind.T1_MAP, r"\bt1 ?map"),
    (Kind.T2_MAP, r"\bt2 ?map"),
    (Kind.PD_MAP, r"\bpd ?map"),
    (Kind.APT, r"\bapt ?w?\b|mtr ?asym"),
    (Kind.B1_MAP, r"\bb1 ?map"),
    (Kind.B0_MAP, r"\b(b0|wasser|wassr) ?map"),
    (Kind.CELL_DIAMETER, r"cell ?(diameter|size)"),
    (Kind.CELLULARITY, r"cellularity"),
    (Kind.INTRACELLULAR_FRACTION, r"intracellular ?(volume )?fraction"),
    (Kind.FLIP_ANGLES, r"\bvfa\b|(variable|multiple|several) flip"),
    (Kind.SATURATION, r"\bcest\b|\bz ?spectrum"),
    (Kind.DIFFUSION_TIMES, r"\bogse\b|\bpgse\b|\btd ?d?mri\b|time dependent diff"),
    (
        None,
        r"\bsub\b|subtract|\bmip\b|\bmpr\b|projection|locali[sz]er|scout|survey|calibration|screen ?save"
        r"|wash ?(in|out)|\bttp\b|calc ?bvalue|\bfa ?map",
    ),
)
"""Derived images by name, in this order; None for those of no use."""
_DIFFUSION = r"\bdwi\b|diffusion|\bdiff\b|\bep2d\b|\bdw\b"
_DYNAMIC = r"\bdce\b|\bdyn\w*|\bperfusion\b"
_T2 = r"\bt2\b|\bt2w\b|\bstir\b|\btirm\b|haste"
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


def recognize(frames: Iterable[Frame], mapping: Mapping) -> list[Group]:
    """Group a patient's frames by series, contrast and plane, and name each group's sequence.

    A group named `dce` is a T1-weighted gradient echo: one of them with several time points, or several
    with the same grid, make the dynamic series (`client.imaging.ingest.dynamic`).

    Parameters
    ----------
    frames : of one examination
    mapping : the site's declarations, which win over the rules

    Returns
    -------
    Groups of use, in order of series number
    """
    groups: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    for frame in frames:
        if not any(_COMPLEX_PART.match(part) for part in frame.image_type):
            groups[_contrast(frame)].append(frame)
    found = []
    for group in groups.values():
        declared = mapping.sequence_of(group[0].description)
        sequence = _sequence(group) if declared is None else declared
        if sequence is not None and sequence != "ignore":
            found.append(Group(sequence, tuple(group)))
    return sorted(found, key=lambda group: (group.example.series_number or 0, group.example.series))


def _contrast(frame: Frame) -> tuple[object, ...]:
    """What frames of one volume or dynamic series have in common."""
    plane = tuple(round(one, 2) + 0.0 for one in frame.orientation or ())
    derived = "ADC" in frame.image_type
    echo = None if frame.te_ms is None else round(frame.te_ms, 1)
    return frame.series, frame.rows, frame.columns, plane, echo, _dixon(frame), derived


def _dixon(frame: Frame) -> str:
    return next((_DIXON[part] for part in frame.image_type if part in _DIXON), "")


def _sequence(group: Sequence[Frame]) -> Kind | None:
    example = group[0]
    name = re.sub(r"[\W_]+", " ", " ".join((example.description, *example.image_type))).lower()
    for sequence, pattern in _NAMES:
        if re.search(pattern, name):
            return sequence
    if _dixon(example) == "other":
        return None
    # GE fills the b-value in with 0 for every sequence.
    if any(frame.b_value for frame in group) or (re.search(_DIFFUSION, name) and example.b_value is not None):
        return Kind.DWI
    tr_ms, te_ms = example.tr_ms, example.te_ms
    if tr_ms is not None and tr_ms <= _T1_GRADIENT_ECHO_TR_MS and (te_ms is None or te_ms <= _T1_TE_MS):
        return Kind.DCE
    if tr_ms is None and re.search(_DYNAMIC, name):
        return Kind.DCE
    long_echo = tr_ms is not None and te_ms is not None and te_ms >= _T2_TE_MS and tr_ms >= _T2_TR_MS
    return Kind.T2 if long_echo or re.search(_T2, name) else None
