"""`mrfed-site check`: is my data usable?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.terminal import console, explained

if TYPE_CHECKING:
    from client.check import SiteCheck


def check(
    study: Annotated[Path, typer.Argument(help="The study file, or the name of a ready-made study.")],
    site: Annotated[Path, typer.Option(help="The site file.")] = Path("site.yaml"),
    workers: Annotated[int, typer.Option(min=1, help="Processes that read headers.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
) -> None:
    """Show which patients this hospital can bring to a study, and what is missing for the others.

    Nothing is computed and nothing leaves this machine. Ends with 0 where every patient is usable, 1 where some are
    not, 2 where none is.
    """
    import json
    from dataclasses import asdict

    from client import site as site_file
    from client.check import check as check_site
    from shared import study as study_file

    with explained():
        found = check_site(site_file.load(site), study_file.load(study_file.find(study)), workers)
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"usable": found.usable}, indent=1))
    else:
        _show(found)
    raise typer.Exit(2 if found.usable == 0 else 0 if found.usable == len(found.patients) else 1)


def _show(found: "SiteCheck") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Patients for this study")
    for heading in ("patient", "phases (s)", "b (s/mm²)", "grid", "mask (ml)", "label", "usable"):
        table.add_column(heading, overflow="fold")
    for one in found.patients:
        seconds = " ".join(f"{second:g}" for second in one.seconds)
        cells = (
            one.patient,
            f"{seconds} assumed" if one.timing_assumed else seconds,
            " ".join(f"{b:g}" for b in one.b_values),
            one.grid,
            "" if one.mask_ml is None else f"{one.mask_ml:.2f}",
            one.label,
            "no" if one.problems else "yes",
        )
        table.add_row(*(Text(cell, style="yellow" if one.problems else "") for cell in cells))
    console.print(table)
    for one in found.patients:
        for problem in one.problems:
            console.print(f"to do: {problem.text}", markup=False)
        for note in one.notes:
            console.print(f"note: patient {one.patient}: {note}", markup=False)
    for patient in found.without_images:
        console.print(f"no images: {patient}", markup=False)
    for fault in found.faults:
        console.print(f"of no use: {fault.text}", markup=False)
    ignored = ", ".join(f"{count} {what}" for what, count in found.others.items())
    console.print(
        f"{found.usable} of {len(found.patients)} patients with images are usable"
        + (f"; ignored: {ignored}" if ignored else ""),
        markup=False,
    )
