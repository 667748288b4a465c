"""`mrfed-coordinator admit`: let a hospital in."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def admit(
    introduction: Annotated[Path, typer.Argument(help="What the hospital sent, e.g. hospital-1.introduction.yaml.")],
    folder: Annotated[Path, typer.Option(help="The coordinator's folder; the coordinator must be up.")] = Path(
        "coordinator"
    ),
    fingerprint: Annotated[
        str | None, typer.Option(help="The hospital's fingerprint as read to you by telephone; refused if it differs.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="The hospital has new keys; remove its old ones.")] = False,
) -> None:
    """Let a hospital in by its introduction. Compare its fingerprint by telephone first."""
    from server.network import admission, settings
    from shared.federation import introduction as introductions
    from shared.federation.introduction import Introduction

    with explained():
        coordinator = settings.load(folder)
        introduced = introductions.load(introduction, Introduction)
        introduced.compare(fingerprint, str(introduction))
        admission.admit(coordinator, introduced, replace=replace)
    console.print(
        f"[green]{introduced.site} is admitted.[/green] Its fingerprint: [bold]{introduced.fingerprint}[/bold]"
    )
