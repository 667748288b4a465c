"""`mrfed-site harmonize`: use the result of a study in which this hospital took no part."""

from pathlib import Path
from typing import Annotated

import typer

from client.commands.arguments import SiteFile
from shared.services.terminal import explained


def harmonize(
    result: Annotated[Path, typer.Argument(help="The result.json of the study.")],
    site: SiteFile = Path("site.yaml"),
    out: Annotated[Path, typer.Option(help="The table to write; it names patients.")] = Path("harmonized.csv"),
) -> None:
    """Harmonize this hospital's patients with a study and rank them by its model; nothing leaves this machine.

    Labels are not needed. Where the hospital has enough of them, they recalibrate the model and the table gives risks.
    """
    from client.prediction import unseen_site_table
    from client.site import site_file
    from client.site.simulated_patients import refuse_for_real
    from shared.results import result as results

    with explained():
        loaded = results.load(result)
        hospital = site_file.load(site)
        refuse_for_real(hospital, loaded.study)
        written = unseen_site_table.write(hospital, loaded, out)
    typer.echo(loaded.notice)
    for line in written.lines:
        typer.echo(line)
    typer.echo(f"{written.patients} patients in {out}")
