"""`mrfed-coordinator run`: run a study with the hospitals that are connected."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def run(
    study: Annotated[Path, typer.Argument(help="Study file (YAML), or the name of a ready-made study such as demo.")],
    out: Annotated[Path, typer.Option(help="Folder for report.html, result.json, the journal and run.log.")],
    folder: Annotated[Path, typer.Option(help="The coordinator's folder; the coordinator must be up.")] = Path(
        "coordinator"
    ),
) -> None:
    """Run a study with the hospitals that are connected and have approved it, and write the report.

    A run that was interrupted continues where it was when the same command is given again: answers that are in the
    journal are not asked for a second time. Flower's own messages are in run.log.
    """
    from server import submit
    from server.network import settings
    from shared.study import study as study_file

    with explained():
        coordinator = settings.load(folder)
        path = study_file.find(study)
        loaded_study = study_file.load(path)
        console.print(f"[bold]{loaded_study.title}[/bold]  {loaded_study.name} {loaded_study.digest[:12]}")
        number = submit.submit(path, coordinator, out)
        submit.follow(number, coordinator, out / "run.log", lambda line: console.print(line, markup=False))
    typer.echo(out / "report.html")
