"""`mrfed-site status`: is this hospital connected?"""

from pathlib import Path

import typer

from client.commands.arguments import SiteFile
from shared.services.terminal import explained


def status(
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Show whether this hospital is connected, which studies it has approved, and whether its scanners changed."""
    import datetime
    import json

    from client.approval import approval, privacy_budget
    from client.node.unit import Unit
    from client.preparation.paths import records_folder
    from client.review.drift.watch import watch
    from client.review.records import Records
    from client.site import site_file
    from client.site.keys import Trust
    from shared.errors import MrfedError
    from shared.federation import signed_result

    now = datetime.datetime.now(tz=datetime.UTC)
    with explained():
        unit = Unit(site_file.load(site), site.resolve())
        invitation = unit.invitation()
        if unit.running and unit.connection.exists():
            since = datetime.datetime.fromtimestamp(json.loads(unit.connection.read_text())["since"]).astimezone()
            where = f"{invitation.federation} at {invitation.address}"
            typer.echo(f"{unit.site.name}: connected to {where} since {since:%Y-%m-%d %H:%M}")
        else:
            typer.echo(f"{unit.site.name}: {'connecting' if unit.running else 'not connected; run mrfed-site join'}")
        typer.echo(privacy_budget.so_far(unit.site.policy, unit.site.workspace))
        for folder in sorted((unit.site.workspace / "approvals").glob("*")):
            try:
                approved = approval.find(unit.site.workspace, folder.name, Trust(unit.site).public_key, now)
                study = approved.study
            except MrfedError as error:
                typer.echo(f"not in force: {error.text}")
            else:
                until = f"until {study.governance.expires}"
                typer.echo(f"approved: {study.name} version {study.version}, {study.digest[:12]}, {until}")
                typer.echo(f"  {len(approved.reviewed.rejected)} patients had been rejected at review by then")
                for scanner in watch([*Records(records_folder(unit.site, study)).all().values()]):
                    for change in scanner.changes:
                        typer.echo(f"  scanner changed: {scanner.sentence(change)}")
                if (approved.folder / signed_result.NAME).exists():
                    signed_result.load(approved.folder, [approved.roster.coordinator])
                    typer.echo(f"  its result, signed by the coordinator: {approved.folder / signed_result.NAME}")
