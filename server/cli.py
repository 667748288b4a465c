"""`mrfed-coordinator`: the commands of whoever runs a federation."""

import typer

from server.commands.admit import admit
from server.commands.feasibility import feasibility
from server.commands.init import init
from server.commands.invite import invite
from server.commands.lock import lock
from server.commands.receipts import receipts
from server.commands.roster import roster
from server.commands.run import run
from server.commands.stop import stop
from server.commands.up import up

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks print local variables, which may be secrets
    help="Run a federation of hospitals: invite them, let them in, open the network, ask a study of them.",
)
for command in (init, invite, up, admit, feasibility, lock, roster, run, receipts, stop):
    app.command()(command)
