"""`mrfed-site init`: keys and site file of a hospital that has been invited."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def init(
    invitation: Annotated[
        Path, typer.Argument(help="The invitation that the coordinator sent, e.g. hospital-1.invitation.yaml.")
    ],
    folder: Annotated[Path, typer.Option(help="Folder for the site file and all that mrfed keeps.")] = Path("."),
    fingerprint: Annotated[
        str | None,
        typer.Option(help="The coordinator's fingerprint as read to you by telephone; refused if it differs."),
    ] = None,
) -> None:
    """Set up this hospital: its keys, a site file to fill in, and an introduction to send to the coordinator.

    Done once; done again it changes nothing but the introduction. The private keys stay here.
    """
    from client.node import enrolment

    with explained():
        done = enrolment.enrol(invitation, folder, fingerprint)
    accepted = done.invitation
    console.print(
        f"[green]{accepted.site}[/green] in the federation {accepted.federation}, coordinator {accepted.address}"
    )
    console.print(f"The coordinator's fingerprint, to compare by telephone: [bold]{accepted.fingerprint}[/bold]")
    console.print(
        f"This hospital's fingerprint, for the coordinator:       [bold]{done.introduction.fingerprint}[/bold]"
    )
    console.print(
        f"Next: send the coordinator {done.introduction_file}; fill in {done.site_file}; then, in its folder:"
    )
    console.print("mrfed-site doctor")
    typer.echo(done.introduction_file)
