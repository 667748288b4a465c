"""`mrfed-simulate tables`: write simulated hospitals that bring ready feature tables."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import explained


def tables(
    out: Annotated[Path, typer.Option(help="Folder to write: new or empty.")],
    scenario: Annotated[str, typer.Option(help="A ready-made scenario (demo, null) or a YAML file.")] = "demo",
    seed: Annotated[int, typer.Option(help="The same scenario and seed give the same files, byte for byte.")] = 1,
    patients: Annotated[
        int | None,
        typer.Option(min=1, help="Patients of each hospital; as many as its file says if left out."),
    ] = None,
) -> None:
    """Write the hospitals of a scenario with feature and clinical tables, and without images.

    The patients are those of `mrfed-simulate cohort`; their features are noisy measurements of what the images would
    show. A study of features runs on them at once: `mrfed-simulate run ki67-tables`.
    """
    from simulations import feature_tables
    from simulations import scenario as scenarios

    with explained():
        for site in feature_tables.write(scenarios.load(scenario), out, seed, patients):
            typer.echo(site)
