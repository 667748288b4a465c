"""`mrfed-site doctor`: can this hospital take part?"""

from pathlib import Path

import typer

from client.commands.arguments import SiteFile
from shared.services.terminal import console


def doctor(
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Look whether this hospital can take part: versions, data, keys, connection, clock, and the launcher.

    Nothing leaves this machine but a question to the coordinator whether it is there.
    """
    from client.node.diagnosis import findings

    wrong = 0
    for finding in findings(site):
        wrong += not finding.well
        mark = "[green]well[/green] " if finding.well else "[red]wrong[/red]"
        console.print(f"{mark} {finding.what:<12} ", end="")
        console.print(finding.text, markup=False)
    if wrong:
        console.print(f"{wrong} to put right before joining.")
        raise typer.Exit(1)
    console.print("This hospital can join: mrfed-site join")
