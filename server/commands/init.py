"""`mrfed-coordinator init`: certificates, keys and settings of a new coordinator."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def init(
    host: Annotated[
        str,
        typer.Argument(
            help="Host name or IP address under which the hospitals reach this machine, e.g. fl.example.org."
        ),
    ],
    federation: Annotated[str, typer.Option(help="Name of the federation, as the hospitals will see it.")],
    folder: Annotated[Path, typer.Option(help="New folder for everything of this coordinator.")] = Path("coordinator"),
    port: Annotated[int, typer.Option(help="Port that the hospitals connect to.")] = 8443,
    listen: Annotated[
        str, typer.Option(help="Network interface that faces the hospitals; 127.0.0.1 to try on one machine.")
    ] = "0.0.0.0",  # noqa: S104 the proxy's interface
    passphrase_file: Annotated[
        Path | None, typer.Option(help="File with a passphrase for the authority's key; asked for if left out.")
    ] = None,
    superlink_port: Annotated[int, typer.Option(help="Inner port, on this machine only.")] = 8000,
) -> None:
    """Set up a coordinator: its own certificate authority, its keys, its settings.

    Done once. The keys stay in the folder, readable by you alone: back them up, and give them to nobody. The
    authority's key is encrypted with a passphrase, which is asked for again once a year, by renew.
    """
    import secrets

    from server.network import certificates, passphrase, settings
    from shared.federation import identity
    from shared.files import secret_file

    with explained():
        chosen = settings.settings(
            federation=federation, host=host, port=port, listen=listen, superlink_port=superlink_port
        )
        words = passphrase.ask(passphrase_file, new=True)
        coordinator = settings.create(folder, chosen)
        certificates.create_authority(coordinator.keys, f"mrfed {federation}", words)
        certificates.create_server_key(coordinator.keys)
        certificates.issue_server(coordinator.keys, chosen.hosts, words)
        secret_file.write(coordinator.executor_secret, secrets.token_bytes(32))
        key = identity.create(coordinator.identity_key)
    console.print(f"[green]Coordinator of {federation}[/green] in {coordinator.folder}")
    console.print("This coordinator's fingerprint, to read to the hospitals by telephone:")
    typer.echo(identity.fingerprint(identity.public_hex(key)))
    console.print(f"Next: mrfed-coordinator invite SITE --folder {folder}")
