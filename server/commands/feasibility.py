"""`mrfed-coordinator feasibility`: turn a planned study into one that only counts what the hospitals have."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def feasibility(
    study: Annotated[
        Path, typer.Argument(help="Study file (YAML) of the planned study, or the name of a ready-made one.")
    ],
    out: Annotated[Path | None, typer.Option(help="File to write; STUDY-feasibility.yaml if left out.")] = None,
) -> None:
    """Write the feasibility study of a study: the same question, sequences and sites, without training.

    Send it with its roster, like any study; each hospital approves it, and `run` then counts who could enter, with
    which sequences and protocols, and which effects that many patients could show.
    """
    from server.planning import feasibility_of
    from shared.files import document, durable_file
    from shared.study import study as study_file

    with explained():
        planned = study_file.named(study)
        feasibility_study = feasibility_of(planned)
        path = out or Path(f"{feasibility_study.name}.yaml")
        durable_file.write(path, document.readable(feasibility_study).encode(), 0o644)
    console.print(f"[green]{feasibility_study.name}[/green] {feasibility_study.digest[:12]}: {feasibility_study.title}")
    typer.echo(path)
