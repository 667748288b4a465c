"""`mrfed-coordinator up`: start the coordinator's network and keep it running."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def up(
    folder: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path("coordinator"),
) -> None:
    """Open the coordinator to the hospitals, until Ctrl-C or `mrfed-coordinator stop`.

    Starts Flower's SuperLink and executor on this machine only, and in front of them a proxy that lets the hospitals
    reach what they need and nothing else. Before it opens it attacks itself, and stays shut where a door is open. A
    process that ends is started again; afterwards nothing is left running.
    """
    from server.network import services, settings
    from server.network.certificates import RENEW_DAYS, days_left
    from shared.services.supervisor import Supervisor

    with explained():
        coordinator = settings.load(folder)
        services.prepare(coordinator)
        if (left := days_left(coordinator.keys / "server.crt")) < RENEW_DAYS:
            console.print(
                f"[yellow]The server's certificate ends in {left:.0f} days:[/yellow] run mrfed-coordinator renew"
            )
        supervisor = Supervisor(services.services(coordinator), coordinator.run)

        def announce() -> None:
            typer.echo(f"up: {coordinator.address}")
            console.print(f"[green]{coordinator.settings.federation} is open.[/green] Ctrl-C closes it.")

        supervisor.run(announce)
    console.print("Closed; nothing is left running.")
