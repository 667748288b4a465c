"""`mrfed-site join`: connect this hospital, and keep it connected."""

from pathlib import Path

import typer

from client.commands.arguments import SiteFile
from shared.services.terminal import console, explained


def join(
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Connect this hospital to its coordinator, until Ctrl-C.

    First the launcher is attacked: if code from outside could run here, the hospital does not join. Then this
    machine connects outwards, opens no port to the network, and answers questions of approved studies only.
    """
    from client.node import self_test
    from client.node.unit import Unit
    from client.site import site_file
    from shared.errors import Code, MrfedError
    from shared.services import health
    from shared.services.supervisor import Supervisor

    with explained():
        unit = Unit(site_file.load(site), site.resolve())
        invitation = unit.invitation()
        unit.prepare(invitation)
        host, port = invitation.endpoint
        if problem := health.ask(host, port, invitation.ca_certificate, unit.credentials).problem:
            raise MrfedError(
                Code.UNREACHABLE, f"coordinator {invitation.address}: {problem}; run mrfed-site doctor to see more"
            )
        with console.status("Checking that code from outside is refused"):
            self_test.attack(unit)
        inner = self_test.free_port()
        supervisor = Supervisor([unit.executor(inner), unit.node(invitation, inner)], unit.processes)

        def announce() -> None:
            typer.echo(f"joined: {unit.site.name}")
            console.print(
                f"[green]Connected to {invitation.federation}[/green] at {invitation.address}. Ctrl-C disconnects."
            )

        supervisor.run(announce)
        unit.connection.unlink(missing_ok=True)
    console.print("Disconnected; nothing is left running.")
