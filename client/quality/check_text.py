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


def words(found: SiteCheck) -> RenderableType:
    """Everything that was found, most important last: that is what stays on the screen.

    Parameters
    ----------
    found : as `client.quality.check.check` gives
    """
    protocols = _protocols(found.patients)
    parts: list[RenderableType] = [_heading("Protocols"), *(_protocol(*one) for one in _named(protocols))]
    parts += [_heading("Patients"), _patients(found.patients, protocols)]
    notes = _together((one.patient, note) for one in found.patients for note in one.notes)
    if found.untreated:
        notes["no start of treatment is recorded; taken as not treated before the examination"] = list(found.untreated)
    parts += [_heading("To look at"), *_lines(notes, "cyan")] if notes else []
    problems = _together(
        (one.patient, problem.text.removeprefix(printable(f"patient {one.patient}: ")))
        for one in found.patients
        for problem in one.problems
    )
    if found.without_images:
        problems["in the clinical table, but without images"] = list(found.without_images)
    parts += [_heading("To do"), *_lines(problems, "yellow")] if problems else []
    if found.faults:
        lines = [Padding(Text(line), (0, 0, 0, 2)) for line in folded(found.faults)]
        parts += [_heading("Files of no use"), *lines]
    return Group(*parts, Text(), _sum(found))


def _protocol_of(one: PatientCheck) -> Protocol:
    seconds = " ".join(f"{second:g}" for second in one.seconds)
    assumed = f"{seconds} (assumed: {one.timing})" if one.timing_assumed else seconds
    return one.scanner, ", ".join(one.sequences), assumed, " ".join(f"{b:g}" for b in one.b_values), one.grid


def _protocols(patients: Iterable[PatientCheck]) -> dict[Protocol, list[str]]:
    """Patients by protocol, the commonest first."""
    found: dict[Protocol, list[str]] = defaultdict(list)
    for one in patients:
        found[_protocol_of(one)].append(one.patient)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _letter(number: int) -> str:
    return ascii_uppercase[number] if number < len(ascii_uppercase) else str(number + 1)


def _named(protocols: dict[Protocol, list[str]]) -> Iterator[tuple[str, Protocol, int]]:
    return ((_letter(number), one, len(patients)) for number, (one, patients) in enumerate(protocols.items()))


def _protocol(letter: str, protocol: Protocol, patients: int) -> RenderableType:
    scanner, sequences, seconds, b_values, grid = protocol
    told = {"sequences": sequences, "phases, s": seconds, "b, s/mm²": b_values, "grid, mm": grid}
    lines = Text(f"{letter}  ", style="bold")
    lines.append(printable(scanner or "scanner unknown"), style="not bold")
    lines.append(f", {patients} patient{'s' if patients > 1 else ''}", style="not bold")
    for name, value in told.items():
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
    for one in patients:
        table.add_row(
            Text("no", style="yellow") if one.problems else Text("yes", style="green"),
            Text(printable(one.patient), style="yellow" if one.problems else ""),
            Text(printable(_examined(one))),
            letters[_protocol_of(one)],
            Text(printable(_lesion(one))),
            "—" if one.mask_ml is None else f"{one.mask_ml:.2f}",
            "—" if one.centre_mm is None else " ".join(f"{mm + 0.0:.0f}" for mm in one.centre_mm),
            Text(printable(one.label or "—")),
        )
    return Padding(table, (0, 0, 0, 2))


def _examined(one: PatientCheck) -> str:
    """The day of the examination, and its time point where a trial gave one."""
    date = one.examined
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 else date
    return f"{day} {one.timepoint}" if one.timepoint else day


def _lesion(one: PatientCheck) -> str:
    """Which lesion is analysed and who drew it, or how many there are to choose from."""
    if not one.lesion:
        return f"{one.lesions} drawn" if one.lesions > 1 else "—"
    lesion = f"{one.lesion}, {one.breast}" if one.breast else one.lesion
    return f"{lesion} by {one.reader}" if one.reader else lesion


def _together(said: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Patients of whom the same is to be said, the most first."""
    found: dict[str, list[str]] = defaultdict(list)
    for patient, text in said:
        found[text].append(patient)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _lines(said: dict[str, list[str]], style: str) -> Iterator[RenderableType]:
    for text, patients in said.items():
        line = Text("• ", style=style)
        line.append(printable(text), style="default")
        named = ", ".join(patients[:_NAMED]) + (f" and {len(patients) - _NAMED} more" if len(patients) > _NAMED else "")
        line.append(f"\n{printable(named)}", style="dim")
        yield Padding(line, (0, 0, 0, 2))


def _heading(words: str) -> Text:
    return Text(f"\n{words}", style="bold")


def _sum(found: SiteCheck) -> Text:
    whole = found.usable == len(found.patients)
    line = Text(f"{found.usable} of {len(found.patients)}", style="bold green" if whole else "bold yellow")
    line.append(" patients with images are usable", style="not bold default")
    ignored = ", ".join(f"{count} {what}" for what, count in found.others.items())
    return line.append(f"; ignored: {ignored}" if ignored else "", style="not bold dim")
