"""`mrfed-site stability`: which features depend on who drew the mask, or on noise."""

from pathlib import Path
from typing import Annotated

import typer

from client.commands.arguments import SiteFile, StudyFile
from shared.services.terminal import bars, console, explained


def stability(
    study: StudyFile,
    site: SiteFile = Path("site.yaml"),
    patients: Annotated[int, typer.Option(min=2, help="Largest number of patients to measure.")] = 20,
    reader: Annotated[
        list[str] | None, typer.Option(help="Compare the masks of these readers; give the option once for each.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="A feature with at least this ICC counts as stable.")
    ] = 0.75,
    workers: Annotated[int, typer.Option(min=1, help="Patients that are measured at the same time.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of the perturbations.")] = 1,
) -> None:
    """Show how stable this hospital's features are: ICC(2,1) with its 95 % interval.

    Without --reader the tumour's mask is shifted, grown, shrunk and redrawn at random, and noise is added to the
    images. Nothing leaves this machine; the measurements are kept, and studies that ask for stability receive sums of
    squares.
    """
    from client.site import site_file
    from shared.study import study as study_file

    with explained():
        hospital = site_file.load(site)
        loaded_study = study_file.named(study)

        from client.quality.repeatability import measure
        from client.quality.repeatability_table import rows, table, write_csv
        from client.quality.repeated_measurements import stability_file

        readers = tuple(reader or ())
        with bars() as bar:
            repeatability = measure(
                hospital, loaded_study, patients, readers, workers, seed, on_patient=bar("measuring patients")
            )
        for reason in repeatability.failures.values():
            console.print("[yellow]left out[/yellow] ", end="")
            console.print(reason, markup=False)
        features = rows(repeatability)
        console.print(table(features, threshold), soft_wrap=False)
        console.print(
            f"{repeatability.patients} patients, {len(repeatability.measurements)} measurements each: "
            f"{', '.join(repeatability.measurements)}."
        )
        path = stability_file(hospital, loaded_study, readers=bool(readers)).with_suffix(".csv")
        write_csv(path, features)
        typer.echo(path)
