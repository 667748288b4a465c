"""`mrfed-coordinator renew`: a new certificate of the coordinator's server."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def renew(
    folder: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path("coordinator"),
    passphrase_file: Annotated[
        Path | None, typer.Option(help="File with the passphrase of the authority's key; asked for if left out.")
    ] = None,
) -> None:
    """Renew the certificate by which hospitals know this coordinator; it lasts thirteen months.

    This is the one thing that needs the authority's key once the coordinator is set up: keep keys/ca.p12 on another
    medium meanwhile, if you like, and put it back for this.
    """
    from server.network import certificates, passphrase, settings

    with explained():
        coordinator = settings.load(folder)
        open_key = coordinator.keys / "ca.key"
        words = passphrase.ask(passphrase_file, new=open_key.exists())
        if open_key.exists():
            certificates.encrypt(coordinator.keys, words)
        certificates.issue_server(coordinator.keys, coordinator.settings.hosts, words)
        left = certificates.days_left(coordinator.keys / "server.crt")
    console.print(f"[green]Renewed[/green] for {left:.0f} days. It is used from the next mrfed-coordinator up on.")
