"""`mrfed-coordinator invite`: a hospital's join kit."""

from pathlib import Path
from typing import Annotated

import typer

from shared.terminal import console, explained


def invite(
    site: Annotated[str, typer.Argument(help="Name for the hospital: small letters, digits, hyphens.")],
    folder: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path("coordinator"),
    out: Annotated[Path | None, typer.Option(help="File to write; SITE.join.yaml if left out.")] = None,
) -> None:
    """Write a join kit for one hospital: where to connect, and by which certificate to know this coordinator.

    No secret is in it. Send it by e-mail, and read the fingerprint to the hospital by telephone.
    """
    from pydantic import ValidationError

    from server.network import settings
    from shared import join_kit
    from shared.errors import Code, MrfedError

    with explained():
        coordinator = settings.load(folder)
        try:
            kit = join_kit.JoinKit(
                site=site,
                federation=coordinator.settings.federation,
                address=coordinator.address,
                ca_certificate=(coordinator.keys / "ca.crt").read_text(),
            )
        except ValidationError as error:
            raise MrfedError(
                Code.COORDINATOR_INVALID,
                f"{site}: no name for a site; use small letters, digits and hyphens, at most 32",
            ) from error
        path = out or Path(f"{site}.join.yaml")
        join_kit.save(kit, path)
    typer.echo(path)
    console.print("Fingerprint of the authority, for the hospital to compare by telephone:")
    typer.echo(kit.fingerprint)
