"""`mrfed-site withdraw`: a patient no longer wants to take part."""

from pathlib import Path
from typing import Annotated

import typer

from client.commands.arguments import SiteFile
from shared.services.terminal import console, explained


def withdraw(
    patient: Annotated[str, typer.Argument(help="The patient, as in this hospital's own tables.")],
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Leave a patient out of every study that is approved from now on.

    Studies approved before keep her: if she left, the difference of two sums would show her. To stop such a
    study, revoke it. The audit log notes the withdrawal without her name.
    """
    from client.site import site_file, withdrawal
    from client.site.keys import Trust

    with explained():
        hospital = site_file.load(site)
        withdrawal.withdraw(hospital.workspace, patient, Trust(hospital).log)
        console.print("[green]Noted.[/green] She is left out of every study that is approved from now on.")
        # last: her withdrawal must not depend on whether the tables can be read now
        if not withdrawal.listed(hospital, patient):
            console.print("[yellow]No patient of that name is in the tables:[/yellow] check the spelling.")
