"""`mrfed-site audit`: look at the log of what left, check it, give it to somebody else."""

from pathlib import Path
from typing import Annotated

import typer

from client.commands.arguments import SiteFile
from shared.services.terminal import console, explained, program, table


def verify(
    site: SiteFile = Path("site.yaml"),
    receipts: Annotated[
        Path | None, typer.Option(help="The coordinator's receipts for this hospital, a JSON list.")
    ] = None,
) -> None:
    """Check that no entry was changed, moved, dropped or added, and that the log reaches the coordinators' receipts."""
    from client.approval import approval
    from client.site import audit_log, site_file
    from client.site.keys import Trust
    from shared.federation import receipt

    with explained():
        hospital = site_file.load(site)
        entries = audit_log.verify(
            hospital.audit_log,
            Trust(hospital).public_key,
            approval.coordinators(hospital.workspace),
            receipt.load(receipts) if receipts else (),
        )
    console.print(f"[green]Whole and unchanged:[/green] {len(entries)} entries.")


def show(
    site: SiteFile = Path("site.yaml"),
    last: Annotated[int, typer.Option(min=1, help="How many entries.")] = 20,
) -> None:
    """Show the last entries, with hashes cut short; `export` writes all of them whole."""
    from rich.text import Text

    from client.site import audit_log, audit_text, site_file

    with explained():
        entries = audit_log.read(site_file.load(site).audit_log)
    if not entries:
        console.print("No question has been asked yet, and nothing has left.")
        return
    shown = table(None, ("number", "time (UTC)", "event", "content"))
    for column in shown.columns[:-1]:
        column.no_wrap = True
    for entry in entries[-last:]:
        shown.add_row(str(entry.number), entry.time.removesuffix("+00:00"), entry.event, Text(audit_text.lines(entry)))
    console.print(shown, soft_wrap=False)


def export(
    destination: Annotated[Path, typer.Argument(help="File to write (JSON).")],
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Write the log as one document, with the public key by which others verify it. It names no patient."""
    from client.site import audit_log, site_file
    from client.site.keys import Trust

    with explained():
        hospital = site_file.load(site)
        audit_log.export(hospital.audit_log, Trust(hospital).public_key, destination)
    typer.echo(destination)


app = program("What was asked, what left, what was refused and approved.", {"The log": (show, verify, export)})
