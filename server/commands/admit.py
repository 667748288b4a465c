"""`mrfed-coordinator admit`: let a hospital's node in."""

from pathlib import Path
from typing import Annotated

import typer

from shared.terminal import console, explained


def admit(
    site: Annotated[str, typer.Argument(help="Name of the hospital, as in its invitation.")],
    public_key: Annotated[Path, typer.Option(help="The file node.pub that the hospital's init wrote.")],
    folder: Annotated[Path, typer.Option(help="The coordinator's folder; the coordinator must be up.")] = Path(
        "coordinator"
    ),
    replace: Annotated[
        bool, typer.Option("--replace", help="The hospital has a new key; put the old one out.")
    ] = False,
) -> None:
    """Let a hospital in by its public key. Compare the fingerprint with the hospital by telephone first."""
    from server.network import admission, settings
    from shared.errors import Code, MrfedError

    with explained():
        coordinator = settings.load(folder)
        try:
            content = public_key.read_bytes()
        except OSError as error:
            raise MrfedError(
                Code.DATA_MISSING, f"{public_key}: cannot be read ({error.strerror}); check the path"
            ) from error
        member = admission.admit(coordinator, site, content, replace=replace)
    console.print(f"[green]{site} is admitted.[/green] Fingerprint of its key:")
    typer.echo(member.fingerprint)
