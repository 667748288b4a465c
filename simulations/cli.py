"""`mrfed-simulate`: simulated hospitals and studies on one machine."""

import typer

from simulations.commands.cohort import cohort

app = typer.Typer(
    no_args_is_help=True,
    help="Simulated hospitals, and whole studies on one machine. Nothing here touches real patients.",
)
app.command()(cohort)


@app.callback()
def _simulate() -> None:
    """Keep `cohort` a subcommand while it is the only one."""
