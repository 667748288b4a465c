"""`mrfed-site withdraw`: a patient does not want to take part any more."""

from pathlib import Path
from typing import Annotated

import typer

from client.commands.arguments import SiteFile
from shared.terminal import console, explained


def withdraw(
    patient: Annotated[str, typer.Argument(help="The patient, as in this hospital's own tables.")],
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Leave a patient out of every study that is approved from now on.

    Studies approved before keep her: the difference of two sums that differ by one patient is that patient. To
    stop such a study, revoke it. The audit log notes the withdrawal without her name.
    """
    from client import site as site_file
    from client import withdrawal
    from client.trust import Trust

    with explained():
        here = site_file.load(site)
        known = withdrawal.listed(here, patient)
        withdrawal.withdraw(here.workspace, patient, Trust(here).log)
    console.print("[green]Noted.[/green] She is left out of every study that is approved from now on.")
    if not known:
        console.print("[yellow]Nobody of that name is in this hospital's tables now:[/yellow] look at the spelling.")
