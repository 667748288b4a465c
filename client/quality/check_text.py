"""What `mrfed-site check` found, for a person at a terminal: protocols once, patients in a line each, what to do."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from string import ascii_uppercase

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from client.imaging.ingest.index import folded
from client.quality.check import SiteCheck
from client.quality.check_patient import PatientCheck
from shared.errors import printable

_NAMED = 12
"""Patients who are named behind one remedy; the table has all."""

Protocol = tuple[str, str, str, str, str]
"""Scanner, sequences, seconds of the phases, b-values, grid."""


def words(site_check: SiteCheck) -> RenderableType:
    """Everything that was found, most important last: that is what stays on the screen.

    Parameters
    ----------
    site_check : as `client.quality.check.check` gives
    """
    protocols = _protocols(site_check.patients)
    parts: list[RenderableType] = [
        _heading("Protocols"),
        *(_protocol(*named_protocol) for named_protocol in _named(protocols)),
    ]
    parts += [_heading("Patients"), _patients(site_check.patients, protocols)]
    notes = _together((patient.patient, note) for patient in site_check.patients for note in patient.notes)
    if site_check.untreated:
        notes["no start of treatment is recorded; taken as not treated before the examination"] = list(
            site_check.untreated
        )
    parts += [_heading("To look at"), *_lines(notes, "cyan")] if notes else []
    problems = _together(
        (patient.patient, problem.text.removeprefix(printable(f"patient {patient.patient}: ")))
        for patient in site_check.patients
        for problem in patient.problems
    )
    if site_check.without_images:
        problems["in the clinical table, but without images"] = list(site_check.without_images)
    parts += [_heading("To do"), *_lines(problems, "yellow")] if problems else []
    if site_check.faults:
        lines = [Padding(Text(line), (0, 0, 0, 2)) for line in folded(site_check.faults)]
        parts += [_heading("Files of no use"), *lines]
    return Group(*parts, Text(), _sum(site_check))


def _protocol_of(patient: PatientCheck) -> Protocol:
    seconds = " ".join(f"{second:g}" for second in patient.seconds)
    assumed = f"{seconds} (assumed: {patient.timing})" if patient.timing_assumed else seconds
    return (
        patient.scanner,
        ", ".join(patient.sequences),
        assumed,
        " ".join(f"{b:g}" for b in patient.b_values),
        patient.grid,
    )


def _protocols(patients: Iterable[PatientCheck]) -> dict[Protocol, list[str]]:
    """Patients by protocol, the commonest first."""
    by_protocol: dict[Protocol, list[str]] = defaultdict(list)
    for patient in patients:
        by_protocol[_protocol_of(patient)].append(patient.patient)
    return dict(sorted(by_protocol.items(), key=lambda item: -len(item[1])))


def _letter(number: int) -> str:
    return ascii_uppercase[number] if number < len(ascii_uppercase) else str(number + 1)


def _named(protocols: dict[Protocol, list[str]]) -> Iterator[tuple[str, Protocol, int]]:
    return ((_letter(number), protocol, len(patients)) for number, (protocol, patients) in enumerate(protocols.items()))


def _protocol(letter: str, protocol: Protocol, patients: int) -> RenderableType:
    scanner, sequences, seconds, b_values, grid = protocol
    settings = {"sequences": sequences, "phases, s": seconds, "b, s/mm²": b_values, "grid, mm": grid}
    lines = Text(f"{letter}  ", style="bold")
    lines.append(printable(scanner or "scanner unknown"), style="not bold")
    lines.append(f", {patients} patient{'s' if patients > 1 else ''}", style="not bold")
    for name, value in settings.items():
        lines.append(f"\n   {name:<10} {value or '—'}", style="not bold dim" if not value else "not bold")
    return Padding(lines, (0, 0, 0, 2))


def _patients(patients: Iterable[PatientCheck], protocols: dict[Protocol, list[str]]) -> RenderableType:
    letters = {protocol: letter for letter, protocol, _ in _named(protocols)}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("", "patient", "examined", "", "lesion"):
        table.add_column(heading, overflow="fold")
    table.add_column("ml", justify="right", no_wrap=True)
    table.add_column("centre, mm", justify="right", no_wrap=True)
    table.add_column("label", overflow="fold")
    for patient in patients:
        table.add_row(
            Text("no", style="yellow") if patient.problems else Text("yes", style="green"),
            Text(printable(patient.patient), style="yellow" if patient.problems else ""),
            Text(printable(_examined(patient))),
            letters[_protocol_of(patient)],
            Text(printable(_lesion(patient))),
            "—" if patient.mask_ml is None else f"{patient.mask_ml:.2f}",
            "—" if patient.centre_mm is None else " ".join(f"{mm + 0.0:.0f}" for mm in patient.centre_mm),
            Text(printable(patient.label or "—")),
        )
    return Padding(table, (0, 0, 0, 2))


def _examined(patient: PatientCheck) -> str:
    """The day of the examination, and its time point where a trial gave one."""
    date = patient.examined
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 else date
    return f"{day} {patient.timepoint}" if patient.timepoint else day


def _lesion(patient: PatientCheck) -> str:
    """Which lesion is analysed and who drew it, or how many there are to choose from."""
    if not patient.lesion:
        return f"{patient.lesions} drawn" if patient.lesions > 1 else "—"
    lesion = f"{patient.lesion}, {patient.breast}" if patient.breast else patient.lesion
    return f"{lesion} by {patient.reader}" if patient.reader else lesion


def _together(texts: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Patients of whom the same is to be said, the most first."""
    by_text: dict[str, list[str]] = defaultdict(list)
    for patient, text in texts:
        by_text[text].append(patient)
    return dict(sorted(by_text.items(), key=lambda item: -len(item[1])))


def _lines(by_text: dict[str, list[str]], style: str) -> Iterator[RenderableType]:
    for text, patients in by_text.items():
        line = Text("• ", style=style)
        line.append(printable(text), style="default")
        named = ", ".join(patients[:_NAMED]) + (f" and {len(patients) - _NAMED} more" if len(patients) > _NAMED else "")
        line.append(f"\n{printable(named)}", style="dim")
        yield Padding(line, (0, 0, 0, 2))


def _heading(words: str) -> Text:
    return Text(f"\n{words}", style="bold")


def _sum(site_check: SiteCheck) -> Text:
    whole = site_check.usable == len(site_check.patients)
    line = Text(f"{site_check.usable} of {len(site_check.patients)}", style="bold green" if whole else "bold yellow")
    line.append(" patients with images are usable", style="not bold default")
    ignored = ", ".join(f"{count} {what}" for what, count in site_check.others.items())
    return line.append(f"; ignored: {ignored}" if ignored else "", style="not bold dim")
