"""`mrfed-coordinator lock`: freeze a study before labels are used."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def lock(
    study: Annotated[Path, typer.Argument(help="Study file (YAML), or the name of a ready-made study such as demo.")],
    folder: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path("coordinator"),
) -> None:
    """Lock the protocol of a study: freeze, date and sign it.

    Do this before the first run, and publish the digest. Later runs of a study of this name are
    compared with it, and the report lists every setting that differs. A lock cannot be renewed.
    """
    from datetime import UTC, datetime

    from server import locked_protocol
    from server.network import settings
    from shared.federation import identity
    from shared.study import study as study_file

    with explained():
        loaded_study = study_file.named(study)
        coordinator = settings.load(folder)
        path = coordinator.protocol(loaded_study.name)
        locked_protocol.save(
            locked_protocol.lock(loaded_study, identity.load(coordinator.identity_key), datetime.now(tz=UTC)), path
        )
    console.print(f"[green]{loaded_study.name}[/green] is locked. Its digest, to publish:")
    typer.echo(loaded_study.digest)
