"""`mrfed-site init`: keys and site file of a hospital that has been invited."""

from pathlib import Path
from typing import Annotated

import typer

from shared.terminal import console, explained


def init(
    kit: Annotated[Path, typer.Argument(help="The join kit that the coordinator sent, e.g. hospital-1.join.yaml.")],
    folder: Annotated[Path, typer.Option(help="Folder for the site file and all that mrfed keeps.")] = Path("."),
) -> None:
    """Set up this hospital: its keys and a site file to fill in.

    Compare the fingerprint shown with the one that the coordinator reads to you by telephone. The private key
    stays here; send the coordinator the file node.pub.
    """
    from client import enrolment

    with explained():
        done = enrolment.enrol(kit, folder)
    console.print(f"[green]{done.site}[/green] in the federation {done.federation}, coordinator {done.address}")
    console.print("Fingerprint of the coordinator's authority, to compare by telephone:")
    typer.echo(done.authority)
    console.print(f"Fingerprint of this site's key {done.public_key}, for the coordinator:")
    typer.echo(done.fingerprint)
    console.print(f"Next: send the coordinator {done.public_key}, fill in {done.site_file}, run mrfed-site doctor")
