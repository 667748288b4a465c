"""`mrfed-coordinator stop`: stop what `up` started."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def stop(
    folder: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path("coordinator"),
) -> None:
    """Close the coordinator, even if its `up` was killed and left processes behind."""
    from server.network import settings
    from shared.services import processes

    with explained():
        coordinator = settings.load(folder)
        stopped = processes.stop(coordinator.processes)
    console.print("Closed; nothing is left running." if stopped else "Nothing was running.")
