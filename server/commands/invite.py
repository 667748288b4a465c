"""`mrfed-coordinator invite`: a hospital's invitation."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def invite(
    site: Annotated[str, typer.Argument(help="Name for the hospital: small letters, digits, hyphens.")],
    folder: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path("coordinator"),
    out: Annotated[Path | None, typer.Option(help="File to write; SITE.invitation.yaml if left out.")] = None,
) -> None:
    """Write the invitation of one hospital: where to connect, and how to know this coordinator.

    No secret is in it. Send it by e-mail, and read the fingerprint to the hospital by telephone.
    """
    from server.network import admission, settings
    from shared.federation import introduction

    with explained():
        invitation = admission.invite(settings.load(folder), site)
        path = out or Path(f"{site}.invitation.yaml")
        introduction.save(invitation, path)
    console.print("This coordinator's fingerprint, to read to the hospital by telephone:")
    console.print(f"[bold]{invitation.fingerprint}[/bold]")
    typer.echo(path)
