"""`mrfed-coordinator`: the commands of whoever runs a federation."""

from server.commands.admit import admit
from server.commands.feasibility import feasibility
from server.commands.init import init
from server.commands.invite import invite
from server.commands.lock import lock
from server.commands.plan import plan
from server.commands.receipts import receipts
from server.commands.renew import renew
from server.commands.roster import roster
from server.commands.run import run
from server.commands.stop import stop
from server.commands.up import up
from shared.services.terminal import program

app = program(
    "Run a federation of hospitals: invite them, admit them, open the network, run studies.",
    {
        "Once": (init, up, invite, admit, stop, renew),
        "For each study": (plan, feasibility, lock, roster, run, receipts),
    },
)
