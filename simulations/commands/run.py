"""`mrfed-simulate run`: a study over several sites on this machine."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from client.site.site_file import Site
    from server.journal import Exchange
    from shared.study.study import Study


class Grid(StrEnum):
    """Where the sites' answers are computed."""

    IN_PROCESS = "in-process"
    RAY = "ray"


def run(
    study: Annotated[Path, typer.Argument(help="Study file (YAML), or the name of a ready-made study such as demo.")],
    cohort: Annotated[
        Path, typer.Option(help="Folder with a folder for each site, each with a site.yaml (as `cohort` writes them).")
    ],
    out: Annotated[Path, typer.Option(help="Folder for report.html, result.json and the journal.")],
    grid: Annotated[
        Grid, typer.Option(help="Sites in this process, or on Ray (an existing cluster if RAY_ADDRESS is set).")
    ] = Grid.IN_PROCESS,
    workers: Annotated[int, typer.Option(min=1, help="Patients that are prepared at the same time.")] = 2,
) -> None:
    """Run a study over the sites of a cohort, as if they were hospitals on a network.

    Sites that hold images are prepared first. A run that was interrupted continues where it was when the same
    command is given again.
    """
    import logging

    from shared.services.terminal import console, explained
    from shared.study import study as study_file
    from shared.study.study_sections import Purpose

    logging.getLogger("flwr").setLevel(logging.ERROR)
    with explained():
        loaded_study = study_file.named(study)

        from server import outcome
        from server.conduct import carry_out
        from server.progress import line
        from shared.results.result import NOTICES, Result
        from simulations import participants
        from simulations.on_ray import simulate_on_ray
        from simulations.ownership import coordinator_key
        from simulations.picture import pictures
        from simulations.simulate import federation_of

        wanted = participants.sites(loaded_study, cohort)
        console.print(
            f"[bold]{loaded_study.title}[/bold]  {loaded_study.name} {loaded_study.digest[:12]}, {len(wanted)} sites"
        )
        if loaded_study.imaging is not None and loaded_study.purpose is not Purpose.FEASIBILITY:
            prepare_all(loaded_study, wanted, workers)

        def show(exchange: "Exchange") -> None:
            console.print(line(exchange))

        if grid is Grid.RAY:
            result = simulate_on_ray(loaded_study, wanted, out, carry_out, show)
        else:
            result = carry_out(federation_of(loaded_study, wanted, out, on_exchange=show))
        shown = pictures(result, wanted[0]) if isinstance(result, Result) else ()
        report = outcome.write(result, out, coordinator_key(out), shown)
    console.print(f"[bold]{NOTICES[loaded_study.question.patients]}[/bold]")
    typer.echo(report)


def prepare_all(study: "Study", sites: list["Site"], workers: int) -> None:
    """Turn every site's images into features; what was prepared before is kept."""
    from client.preparation.prepare import prepare
    from shared.services.terminal import bars

    with bars() as bar:
        for site in sites:
            prepare(site, study, workers, on_patient=bar(f"preparing {site.name}"))
