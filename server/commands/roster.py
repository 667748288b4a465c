"""`mrfed-coordinator roster`: who takes part in a study, signed."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import console, explained


def roster(
    study: Annotated[Path, typer.Argument(help="Study file (YAML), or the name of a ready-made study such as demo.")],
    folder: Annotated[Path, typer.Option(help="The coordinator's folder.")] = Path("coordinator"),
    out: Annotated[Path | None, typer.Option(help="File to write; STUDY.roster.yaml if left out.")] = None,
) -> None:
    """Write and sign the roster of a study: the identities of all its hospitals.

    Every hospital of the study must have been admitted. Send the roster to each of them with the study file: they
    approve the two together, and afterwards no hospital can be exchanged, added or dropped.
    """
    from server.network import admission, settings
    from shared.federation import roster as rosters
    from shared.study import study as study_file

    with explained():
        loaded_study = study_file.named(study)
        issued = admission.issue_roster(settings.load(folder), loaded_study)
        path = out or Path(f"{loaded_study.name}.roster.yaml")
        rosters.save(issued, path)
    console.print(f"[green]{loaded_study.name}[/green] with {', '.join(issued.sites)}")
    typer.echo(path)
