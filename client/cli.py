"""`mrfed-site`: a hospital's commands."""

import typer

from client.commands.doctor import doctor
from client.commands.init import init
from client.commands.join import join
from client.commands.status import status

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks print local variables, which may name patients
    help="Take part in studies with other hospitals. Patients, images and tables stay on this machine; what "
    "leaves it are sums over patients, and only for studies that you have approved.",
)
for command in (init, doctor, join, status):
    app.command()(command)
