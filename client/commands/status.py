"""`mrfed-site status`: is this hospital connected?"""

from pathlib import Path
from typing import Annotated

import typer

from shared.terminal import console, explained


def status(
    site: Annotated[Path, typer.Option(help="The site file.")] = Path("site.yaml"),
) -> None:
    """Say whether this hospital is connected, since when, and which studies it has approved."""
    import datetime
    import json

    from client import site as site_file
    from client.unit import Unit
    from shared.study import Study

    with explained():
        unit = Unit(site_file.load(site), site.resolve())
        kit = unit.kit()
        if unit.running and unit.connection.exists():
            since = datetime.datetime.fromtimestamp(json.loads(unit.connection.read_text())["since"]).astimezone()
            typer.echo(f"{unit.site.name}: connected to {kit.federation} at {kit.address} since {since:%Y-%m-%d %H:%M}")
        else:
            typer.echo(f"{unit.site.name}: {'connecting' if unit.running else 'not connected; run mrfed-site join'}")
        for path in sorted((unit.site.workspace / "approved").glob("*.json")):
            study = Study.model_validate_json(path.read_bytes())
            console.print(f"approved: {study.name} version {study.version}, until {study.governance.expires}")
