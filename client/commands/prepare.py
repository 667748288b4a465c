"""`mrfed-site prepare`: from images to features."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from client.commands.arguments import SiteFile, StudyFile
from shared.errors import printable
from shared.services.terminal import bars, console, explained


class Backend(StrEnum):
    """Where patients are prepared."""

    LOKY = "loky"
    RAY = "ray"


def prepare(
    study: StudyFile,
    site: SiteFile = Path("site.yaml"),
    workers: Annotated[int, typer.Option(min=1, help="Patients that are prepared at the same time.")] = 2,
    backend: Annotated[Backend, typer.Option(help="This machine, or a Ray cluster (RAY_ADDRESS).")] = Backend.LOKY,
) -> None:
    """Turn this hospital's images into the features that a study needs. Nothing leaves this machine.

    A second run does only what has changed; a run that was stopped continues where it was.
    """
    from client.site import site_file
    from shared.study import study as study_file

    with explained():
        hospital = site_file.load(site)
        loaded_study = study_file.named(study)

        from client.preparation.prepare import prepare as prepare_site

        with bars() as bar:
            outcome = prepare_site(
                hospital,
                loaded_study,
                workers,
                backend.value,
                on_file=bar("reading headers"),
                on_patient=bar("preparing patients"),
            )
        for patient, failure in sorted(outcome.failures.items()):
            console.print(f"[yellow]left out[/yellow] {failure.code.value} ", end="")
            console.print(printable(f"{patient}: {failure.text}"), markup=False)
        console.print(
            f"{outcome.patients} patients have {'histograms' if loaded_study.standardized else 'features'} "
            f"({outcome.reused} unchanged), {len(outcome.failures)} left out, {outcome.faults} unusable files."
        )
        if loaded_study.standardized:
            console.print(
                "The sites learn a standard histogram together first; features are then prepared automatically."
            )
        console.print(f"Next: mrfed-site review {study}", markup=False)
        typer.echo(outcome.table)
