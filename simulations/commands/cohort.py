"""`mrfed-simulate cohort`: write simulated hospitals."""

from pathlib import Path
from typing import Annotated

import typer


def cohort(
    out: Annotated[
        Path, typer.Option(help="Folder to write: new, empty, or holding an unfinished part of this cohort.")
    ],
    scenario: Annotated[
        str,
        typer.Option(help="Which hospitals, and what HER2 does: a ready-made scenario (demo, null) or a YAML file."),
    ] = "demo",
    seed: Annotated[int, typer.Option(help="The same scenario and seed give the same files, byte for byte.")] = 1,
    patients: Annotated[
        int | None,
        typer.Option(min=1, help="Patients of each hospital; as many as its file says if left out."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; one for each processor if left out.")] = None,
) -> None:
    """Write simulated hospitals: DICOM, masks, clinical tables and a site file each.

    The patients are simulated: they show that the software works and say nothing about real ones. A cohort
    that was interrupted continues where it was when the same command is given again.
    """
    from joblib import cpu_count

    from shared.services.terminal import bars, explained
    from simulations import cohort as writing
    from simulations import scenario as scenarios

    with explained():
        read = scenarios.load(scenario)
        with bars() as bar:
            bar_of_patients = bar(f"Simulated patients ({read.name})")
            writing.write(
                read,
                out,
                seed,
                patients,
                jobs or cpu_count(),
                lambda progress: bar_of_patients(progress.done, progress.total),
            )
    for hospital in read.hospitals:
        typer.echo(out / hospital.name / "site.yaml")
