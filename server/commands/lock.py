"""`mrfed-coordinator lock`: freeze a study before labels are used."""

from pathlib import Path
from typing import Annotated

import typer

from shared.terminal import console, explained


def lock(
    study: Annotated[Path, typer.Argument(help="Study file (YAML), or the name of a ready-made study such as demo.")],
    folder: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path("coordinator"),
) -> None:
    """Lock the protocol of a study: freeze, date and sign it.

    Do this before the first run, and publish the digest. A study of this name is then held against it, and the report
    lists every setting that differs. A lock cannot be renewed.
    """
    from datetime import UTC, datetime

    from server.network import settings
    from shared import identity, protocol
    from shared import study as study_file

    with explained():
        asked = study_file.named(study)
        coordinator = settings.load(folder)
        path = coordinator.protocol(asked.name)
        protocol.save(protocol.lock(asked, identity.load(coordinator.identity_key), datetime.now(tz=UTC)), path)
    console.print(f"[green]{asked.name}[/green] is locked. Its digest, to publish:")
    typer.echo(asked.digest)
