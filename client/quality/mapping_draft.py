"""A mapping file begun from what `check` found: a question wherever rules cannot know, and the lines that answer it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from client.quality.check import SiteCheck
from client.quality.check_patient import PatientCheck
from shared.errors import Code, MrfedError, printable
from shared.files import durable_file

ANSWER = "#: "
"""Before a line that answers a question: whoever takes it off has said so."""
_MOST = 40


def begin_mapping(path: Path, site_check: SiteCheck) -> None:
    """Write a mapping file that declares nothing yet.

    Parameters
    ----------
    path : of the file
    site_check : by `check`

    Raises
    ------
    MrfedError (REFUSED) where the file is there: it may hold answers.
    """
    if path.exists():
        raise MrfedError(
            Code.REFUSED, f"{path}: is there already and may hold answers; give another name, or remove it"
        )
    durable_file.write(path, draft(site_check).encode())


def draft(site_check: SiteCheck) -> str:
    """The text of a mapping file that asks what was found to be open.

    Parameters
    ----------
    site_check : by `check`
    """
    lines = [
        "# What only this hospital knows about its exports: docs/mapping-file.md explains every key.",
        f"# Take {ANSWER.strip()!r} off the lines that hold, with the key above them; change those that do not.",
    ]
    for section in (_series, _b_values, _masks, _reader, _timing, _units, _patients):
        questions = list(section(site_check.patients))
        lines += ["", *questions] if questions else []
    return "\n".join(map(printable, lines)) + "\n"


def _series(patients: tuple[PatientCheck, ...]) -> Iterator[str]:
    sequences: dict[str, Counter[str]] = defaultdict(Counter)
    for patient in patients:
        for series in patient.series:
            sequences[series.description][series.sequence] += 1
    if not sequences:
        return
    yield "# Which sequence is each series? `ignore` for those of no use; the first rule that matches holds."
    yield f"{ANSWER}series:"
    for description, counts in sorted(sequences.items())[:_MOST]:
        sequence = counts.most_common(1)[0][0]
        taken = "recognized" if sequence else "not recognized"
        yield f"# {taken} in {counts.total()} patients"
        yield f"{ANSWER}  - {{description: {_exactly(description)}, sequence: {sequence or 'ignore'}}}"


def _b_values(patients: tuple[PatientCheck, ...]) -> Iterator[str]:
    if any("b_values" in text for text in _texts(patients)):
        descriptions = sorted(
            {series.description for patient in patients for series in patient.series if _is_dwi(series)}
        )
        yield "# Which b-values (s/mm²) have the images at each place, in the order of their instance numbers?"
        yield f"{ANSWER}b_values:"
        for description in descriptions[:_MOST]:
            yield f"{ANSWER}  - {{description: {_exactly(description)}, values: [0, 800]}}"


def _is_dwi(series: object) -> bool:
    sequence, description = getattr(series, "sequence", ""), getattr(series, "description", "").lower()
    return sequence == "dwi" or any(word in description for word in ("diff", "dwi", "ep2d"))


def _masks(patients: tuple[PatientCheck, ...]) -> Iterator[str]:
    roles: dict[str, Counter[str]] = defaultdict(Counter)
    for patient in patients:
        for mask_label in patient.labels:
            roles[mask_label.label][mask_label.role] += 1
    if roles:
        yield "# What does each label outline? tumour, breast, voi, contralateral_fibroglandular or ignore."
        yield f"{ANSWER}masks:"
        for label, counts in sorted(roles.items())[:_MOST]:
            role = counts.most_common(1)[0][0]
            yield f"# {'known' if role else 'not known'} in {counts.total()} masks"
            yield f"{ANSWER}  - {{label: {_exactly(label)}, role: {role or 'ignore'}}}"


def _reader(patients: tuple[PatientCheck, ...]) -> Iterator[str]:
    names = sorted({label.reader for patient in patients for label in patient.labels if label.reader})
    if len(names) > 1:
        yield f"# Whose masks are used? {', '.join(names[:_MOST])}"
        yield f"{ANSWER}reader: {json.dumps(names[0], ensure_ascii=False)}"


def _timing(patients: tuple[PatientCheck, ...]) -> Iterator[str]:
    if any("(timing)" in text for text in _texts(patients)):
        yield "# When was contrast injected? Seconds after the first phase began, or of each phase after the injection."
        yield f"{ANSWER}timing:"
        yield f"{ANSWER}  injection_after_start_s: 60"
        yield "#   or: seconds_after_injection: [-60, 90, 180]"


def _units(patients: tuple[PatientCheck, ...]) -> Iterator[str]:
    maps = sorted(
        {series.sequence for patient in patients for series in patient.series if series.sequence.endswith("_map")}
    )
    if any("(units" in text for text in _texts(patients)):
        yield "# Which unit have the scanner's maps?"
        yield f"{ANSWER}units:"
        for sequence in maps or ["adc"]:
            yield f'{ANSWER}  {sequence}: "%"'


def _patients(patients: tuple[PatientCheck, ...]) -> Iterator[str]:
    of_patient: dict[str, list[str]] = defaultdict(list)
    for patient in patients:
        text = " ".join(problem.text for problem in patient.problems)
        labels = sorted({label.label for label in patient.labels if label.role == "tumour"})
        if "patients.ID.lesion" in text and labels:
            of_patient[patient.patient].append(f"lesion: {json.dumps(labels[0], ensure_ascii=False)}")
        if "patients.ID.study" in text:
            of_patient[patient.patient].append('study: "YYYYMMDD"')
        if "patients.ID.breast" in text:
            of_patient[patient.patient].append("breast: left")
        if "patients.ID.table_name" in text:
            of_patient[patient.patient].append(f"table_name: {json.dumps(patient.patient, ensure_ascii=False)}")
    if of_patient:
        yield "# Which lesion was sampled, which examination is before treatment, what does the table call the patient?"
        yield f"{ANSWER}patients:"
        for name, answers in of_patient.items():
            yield f"{ANSWER}  {json.dumps(name, ensure_ascii=False)}: {{{', '.join(answers)}}}"


def _texts(patients: tuple[PatientCheck, ...]) -> Iterator[str]:
    for patient in patients:
        yield from (problem.text for problem in patient.problems)
        yield from patient.notes


def _exactly(text: str) -> str:
    """A regular expression that matches a text and nothing else, as YAML."""
    escaped = "".join(f"\\{sign}" if sign in r"\.^$*+?{}[]|()" else sign for sign in text)
    return json.dumps(f"^{escaped}$", ensure_ascii=False)
