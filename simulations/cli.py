"""`mrfed-simulate`: simulated hospitals and studies on one machine."""

import typer

from simulations.commands.audit import audit
from simulations.commands.certify import certify
from simulations.commands.cohort import cohort
from simulations.commands.compare import compare
from simulations.commands.run import run
from simulations.commands.tables import tables

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks print local variables, which may name patients
    help="Simulated hospitals, and whole studies on one machine. Nothing here touches real patients.",
)
app.command()(cohort)
app.command()(tables)
app.command()(run)
app.command()(audit)
app.command()(compare)
app.command()(certify)
