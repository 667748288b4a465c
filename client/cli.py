"""`mrfed-site`: a hospital's commands."""

from client.commands import audit
from client.commands.approve import approve
from client.commands.check import check
from client.commands.doctor import doctor
from client.commands.drift import drift
from client.commands.harmonise import harmonise
from client.commands.init import init
from client.commands.join import join
from client.commands.predict import predict
from client.commands.prepare import prepare
from client.commands.review import review
from client.commands.revoke import revoke
from client.commands.stability import stability
from client.commands.status import status
from client.commands.withdraw import withdraw
from shared.terminal import program

app = program(
    "Take part in studies with other hospitals. Patients, images and tables stay on this machine; what leaves it are "
    "sums over patients, and only for studies that you have approved.",
    init,
    doctor,
    check,
    prepare,
    review,
    drift,
    stability,
    approve,
    join,
    status,
    revoke,
    withdraw,
    harmonise,
    predict,
)
app.add_typer(audit.app, name="audit")
