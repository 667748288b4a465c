"""`mrfed-simulate compare`: local, pooled and federated, and the exactness certificate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulations.comparison.compare import Comparison


def compare(
    study: Annotated[Path, typer.Argument(help="Study file (YAML), or the name of a ready-made study such as demo.")],
    cohort: Annotated[
        Path, typer.Option(help="Folder with a folder for each site, each with a site.yaml (as `cohort` writes them).")
    ],
    out: Annotated[Path, typer.Option(help="Folder for compare.json, the reports and the runs.")],
    seeds: Annotated[
        int, typer.Option(min=1, help="How many seeds of the folds; their spread shows what is noise.")
    ] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Patients that are prepared at the same time.")] = 2,
) -> None:
    """Run a study federated, pooled and at each site alone, on the same patients, folds and penalties.

    Prints how well each predicts, whether federated is no worse by the study's margin (comparators.margin), and each
    quantity of the federated run beside its pooled value. For those who hold the data of all sites.
    """
    import logging

    from shared.services.terminal import console, explained
    from shared.study import study as study_file

    logging.getLogger("flwr").setLevel(logging.ERROR)
    with explained():
        loaded_study = study_file.named(study)

        from server.progress import line
        from server.report.page import write as write_report
        from simulations import participants
        from simulations.commands.run import prepare_all
        from simulations.comparison import compare as comparison

        wanted = participants.sites(loaded_study, cohort)
        console.print(
            f"[bold]{loaded_study.title}[/bold]  {loaded_study.name} {loaded_study.digest[:12]}, {len(wanted)} sites"
        )
        if loaded_study.imaging is not None:
            prepare_all(loaded_study, wanted, workers)
        comparisons = comparison.compare(
            loaded_study, wanted, out, seeds, lambda exchange: console.print(line(exchange))
        )
        for of_seed in comparisons:
            write_report(of_seed.result, out / f"seed-{of_seed.seed}")
        show(comparisons)
        console.print(f"[bold]{comparisons[0].result.notice}[/bold]")
        typer.echo(comparison.write(comparisons, out))
    if not all(of_seed.exact for of_seed in comparisons):
        raise typer.Exit(1)


def show(comparisons: "Sequence[Comparison]") -> None:
    """Print each way by each measure, and the certificate."""
    from shared.services.terminal import console, table
    from simulations.comparison.compare import spreads

    first, margin = comparisons[0], comparisons[0].result.study.comparators.margin
    words = {None: "", True: f"yes, by {margin}", False: f"not shown by {margin}"}
    for measure in dict.fromkeys(way.measure for way in first.lines):
        lines = [way for way in first.lines if way.measure == measure]
        claims = any(way.no_worse is not None for way in lines)
        shown = table(
            f"\n{measure}; difference: federated minus this way",
            ("way", "evaluated on"),
            ("value", "95 %", "difference", "95 %", *(("no worse",) * claims)),
        )
        for way in lines:
            federated = way.arm == "federated"
            apart = "" if federated else f"{way.difference:+.3f}"
            between = "" if federated else f"{way.difference_low:+.2f} to {way.difference_high:+.2f}"
            cells = (
                way.arm,
                way.view.replace("-", " "),
                f"{way.value:.3f}",
                f"{way.low:.2f} to {way.high:.2f}",
                apart,
                between,
            )
            shown.add_row(*cells, *((words[way.no_worse],) * claims))
        console.print(shown, soft_wrap=False)
    if len(comparisons) > 1:
        seeds = table(
            f"\nOver {len(comparisons)} seeds of the folds",
            ("way", "evaluated on", "measure"),
            ("mean", "deviation", "lowest", "highest"),
        )
        for spread in spreads(comparisons):
            seeds.add_row(
                spread.arm,
                spread.view.replace("-", " "),
                spread.measure,
                f"{spread.mean:.3f}",
                f"{spread.deviation:.3f}",
                f"{min(spread.values):.3f}",
                f"{max(spread.values):.3f}",
            )
        console.print(seeds, soft_wrap=False)
    certify = table("\nFederated beside pooled", ("quantity",), ("largest difference", "allowed", "equal"))
    for line in first.quantities:
        difference = f"{line.difference:.1e} {line.unit}"
        certify.add_row(line.name, difference, f"{line.tolerance:.0e}", "yes" if line.holds else "NO")
    console.print(certify, soft_wrap=False)
