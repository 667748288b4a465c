"""`mrfed-simulate audit`: whether left-out patients influence the models that are tested on them."""

from pathlib import Path
from typing import Annotated

import typer


def audit(
    study: Annotated[Path, typer.Argument(help="Study file (YAML) of ready feature tables.")],
    cohort: Annotated[Path, typer.Option(help="Folder with a folder for each site, each with a site.yaml.")],
    out: Annotated[Path, typer.Option(help="An empty folder for the runs.")],
) -> None:
    """Look for leaks across folds: run a study again for every fold and left-out site, left-out patients changed.

    Ends with an error if a left-out patient influences the model that is tested on her.
    """
    import logging

    from shared.services.terminal import console, explained
    from shared.study import study as study_file

    logging.getLogger("flwr").setLevel(logging.ERROR)
    with explained():
        loaded_study = study_file.named(study)

        from simulations import leakage, participants

        wanted = participants.sites(loaded_study, cohort)
        findings = leakage.audit(loaded_study, wanted, out, lambda name: console.print(f"run: {name}", markup=False))
    for finding in findings:
        verdict = "LEAKS" if finding.leaks else "no leak"
        typer.echo(
            f"{verdict}: {finding.fit}, largest change of its model {finding.change:.1e} "
            f"(counts from {leakage.TOLERANCE:g})"
        )
    if any(finding.leaks for finding in findings):
        raise typer.Exit(1)
