"""`mrfed-site doctor`: can this hospital take part?"""

from pathlib import Path

import typer

from client.commands.arguments import SiteFile
from shared.services.terminal import console


def doctor(
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Check whether this hospital can take part: versions, data, keys, connection, clock, and the launcher.

    Nothing leaves this machine except one request to see whether the coordinator can be reached.
    """
    from client.node.diagnosis import findings

    to_fix = 0
    for finding in findings(site):
        to_fix += not finding.ok
        mark = "[green]ok[/green] " if finding.ok else "[red]fix[/red]"
        console.print(f"{mark} {finding.what:<12} ", end="")
        console.print(finding.text, markup=False)
    if to_fix:
        console.print(f"{to_fix} to fix before joining.")
        raise typer.Exit(1)
    console.print("This hospital can join: mrfed-site join")
