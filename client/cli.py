"""`mrfed-site`: a hospital's commands."""

from client.commands import audit
from client.commands.approve import approve
from client.commands.check import check
from client.commands.doctor import doctor
from client.commands.drift import drift
from client.commands.harmonize import harmonize
from client.commands.init import init
from client.commands.join import join
from client.commands.predict import predict
from client.commands.prepare import prepare
from client.commands.review import review
from client.commands.revoke import revoke
from client.commands.stability import stability
from client.commands.status import status
from client.commands.withdraw import withdraw
from shared.services.terminal import program

_AFTER = "While it runs, and afterwards"

app = program(
    "Take part in studies with other hospitals. Patients, images and tables stay on this machine; only sums over "
    "patients leave it, and only for studies that you have approved.",
    {
        "Once": (init, doctor),
        "For each study": (check, prepare, review, stability, drift, approve, join),
        _AFTER: (status, revoke, withdraw),
        "With a finished study": (harmonize, predict),
    },
)
app.add_typer(audit.app, name="audit", rich_help_panel=_AFTER)
# The spelling of the first release; it goes with the next one.
app.command("harmonise", hidden=True, deprecated=True)(harmonize)
