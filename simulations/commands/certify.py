"""`mrfed-simulate certify`: the exactness certificate of a real federation's study, on synthetic rows."""

from pathlib import Path
from typing import Annotated

import typer


def certify(
    result: Annotated[Path, typer.Argument(help="result.json of the federation's run.")],
    out: Annotated[Path, typer.Option(help="Folder for the synthetic tables, compare.json and the run.")],
    seed: Annotated[int, typer.Option(help="Seed of the synthetic rows.")] = 1,
) -> None:
    """Run a finished study again on as many synthetic rows as its sites had, and compare each quantity with pooling.

    Where patients may not be pooled, this shows that the same settings, sums and masks, with these numbers of patients,
    classes and features, give what a pooled table gives.
    """
    import logging

    from server.progress import line
    from shared.results import result as results
    from shared.services.terminal import console, explained
    from simulations.commands.compare import show
    from simulations.comparison import compare as comparison
    from simulations.comparison.synthetic import synthetic_sites, synthetic_study

    logging.getLogger("flwr").setLevel(logging.ERROR)
    with explained():
        original = results.load(result)
        study = synthetic_study(original)
        sites = synthetic_sites(original, out / "synthetic", seed)
        comparisons = comparison.compare(study, sites, out, 1, lambda exchange: console.print(line(exchange)))
        show(comparisons)
        console.print(f"[bold]{comparisons[0].result.notice}[/bold]")
        typer.echo(comparison.write(comparisons, out))
    if not all(seed_comparison.exact for seed_comparison in comparisons):
        raise typer.Exit(1)
