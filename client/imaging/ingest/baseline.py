"""Which of a patient's examinations is the one before treatment.

A trial labels its time points (Clinical Trial Time Point ID, (0012,0050)), but each counts its own way: T1 is the first
examination of one trial and the second of the next. So a label decides where the site says which one is the baseline,
or where it calls itself so; otherwise the dates do, and labels that contradict them are not passed over. An examination
without a date may be any: beside others it is for the site to settle.
"""

import re
from collections.abc import Sequence

from client.imaging.ingest.frame import Frame
from shared.errors import Code, MrfedError

_WORD = -1_000_000
"""Sorts a word before every number."""
_BASELINE = re.compile(r"base ?line|pre.?(treatment|therapy|nact?)|screening", re.IGNORECASE)


def before_treatment(
    frames: Sequence[Frame], declared: str | None, baseline: str | None, where: str
) -> tuple[str, list[str]]:
    """Study UID of the examination to use, and what to tell about the choice.

    Parameters
    ----------
    frames : of all examinations of one patient
    declared : UID or date of the patient's examination, as the mapping file has it
    baseline : label of the time point before treatment, as the mapping file has it
    where : for the errors

    Raises
    ------
    MrfedError (DATA_MISSING) where none is the one that the mapping file names; (DATA_INCONSISTENT) where several are,
    or dates and labels contradict each other.
    """
    frames, beside = _dicom_before_plain(frames, declared)
    dates: dict[str, str] = {}
    labels: dict[str, str] = {}
    for frame in frames:
        dates[frame.study] = min(filter(None, (dates.get(frame.study, ""), frame.study_date)), default="")
        labels.setdefault(frame.study, frame.timepoint.strip())
    if not dates:
        return "", []
    if declared is not None:
        chosen = [study for study, date in dates.items() if declared in (study, date)]
        if len(chosen) != 1:
            raise MrfedError(
                Code.DATA_MISSING,
                f"{where}: {len(chosen)} examinations match {declared}, which the mapping file names; correct it there "
                "(patients.ID.study)",
            )
        return chosen[0], beside
    called = [study for study, label in labels.items() if _is_baseline(label, baseline)]
    if len(called) > 1:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: {len(called)} examinations are time point {labels[called[0]]}; name the one before treatment in "
            "the mapping file (patients.ID.study)",
        )
    ordered = sorted(dates, key=lambda study: (dates[study], _natural(labels[study]), study))
    if called:
        several = f"{len(ordered)} examinations; that of time point {labels[called[0]]} is used"
        return called[0], [several, *beside] if len(ordered) > 1 else beside
    if baseline is not None:
        ordered = [study for study in ordered if not labels[study]]  # who has no label may be anything
        if not ordered:
            names = ", ".join(sorted(set(labels.values()), key=_natural))
            raise MrfedError(
                Code.DATA_MISSING,
                f"{where}: no examination is time point {baseline} ({names}); export the one before treatment, or name "
                "it in the mapping file (patients.ID.study)",
            )
    undated = [study for study in ordered if not dates[study]]
    if undated and len(ordered) > 1:
        known = ", ".join(dates[study] for study in ordered if dates[study])
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: {len(undated)} of {len(ordered)} examinations have no date (StudyDate, AcquisitionDate, "
            f"SeriesDate): none is known to be the earliest{f' ({known})' if known else ''}; name the one before "
            "treatment in the mapping file (patients.ID.study)",
        )
    first = ordered[0]
    labelled = [study for study in ordered if labels[study]]
    lowest = min(labelled, key=lambda study: _natural(labels[study]), default=first)
    if labels[first] and labels[lowest] != labels[first]:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: the earliest examination ({dates[first] or 'undated'}) is time point {labels[first]}, a later "
            f"one {labels[lowest]}; say in the mapping file which is before treatment (baseline, or patients.ID.study)",
        )
    if len(ordered) == 1:
        return first, beside
    if all(frame.study_date_stated for frame in frames):
        return first, [f"{len(ordered)} examinations; the earliest ({dates[first]}) is used", *beside]
    dated = "dated by their acquisition or series where StudyDate is missing"
    return first, [f"{len(ordered)} examinations, {dated}; that of {dates[first]} is used", *beside]


def _dicom_before_plain(frames: Sequence[Frame], declared: str | None) -> tuple[Sequence[Frame], list[str]]:
    """NIfTI and NRRD images that lie beside a patient's DICOM are of no known day: they are named, and not used."""
    plain = [frame for frame in frames if not frame.sop_class and frame.study != declared]
    dicom = [frame for frame in frames if frame.sop_class]
    if not plain or not dicom:
        return frames, []
    files = ", ".join(sorted({frame.path for frame in plain}))
    return [frame for frame in frames if frame.sop_class or frame.study == declared], [
        f"{files}: beside the DICOM, and not used, since nothing says of which examination; export it as DICOM, or "
        "call it a mask if it is one"
    ]


def _is_baseline(label: str, baseline: str | None) -> bool:
    if baseline is not None:
        return label.casefold() == baseline.strip().casefold()
    return bool(label) and _BASELINE.search(label) is not None


def _natural(label: str) -> list[tuple[int, str]]:
    """Sorts T2 before T10, and -22 before 104; a hyphen behind a word is none of a number's (visit-2)."""
    parts = re.split(r"((?<![\w])-\d+|\d+)", label)
    return [(int(part), "") if part.lstrip("-").isdecimal() else (_WORD, part.casefold()) for part in parts]
