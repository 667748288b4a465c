"""What an exchange costs on a network: Flower as it comes, with our waiting, and with our launcher as well.

The first two are of one node that computes nothing; the last is a study of three sites, all on this machine.
"""

import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deploy.loopback import Federation
from server import submit
from server.network import settings
from server.network.admission import command
from server.network.settings import CONNECTION
from shared.results.result import Result
from shared.step import Step
from tests.bench import waiting_app
from tests.bench.figure import Figure
from tests.network.plain_node import PlainNode
from tests.network.three_sites import STUDY, approve, connect, settle

EXCHANGES = 4
TARGET_S = 1.5


def figures() -> Iterator[Figure]:
    """Seconds an exchange on the loopback interface, TLS and proxy between."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        folders = settle(root / "sites")
        with Federation(root / "federation") as federation:
            app = waiting_app.write(root / "waiting")
            plain = PlainNode(root / "plain")
            node = plain.register(federation)
            with plain.started(federation) as process:
                if not plain.connects(process):
                    raise RuntimeError(plain.log)
                as_it_comes = _measure(federation, app, root / "flower.json", node, own_waiting=False)
                own_waiting = _measure(federation, app, root / "own.json", node, own_waiting=True)
            connect(federation, folders)
            approve(federation, folders)
            federation.ask(STUDY, root / "out")
        result = Result.model_validate_json((root / "out" / "result.json").read_text())
    # Enrolment waits for whoever is not there yet.
    ours = statistics.median(exchange.seconds for exchange in result.exchanges if exchange.step != Step.ENROLL)
    yield Figure("exchange.flower_as_it_comes", as_it_comes, "s", "lower")
    yield Figure("exchange.with_own_waiting", own_waiting, "s", "lower")
    yield Figure("exchange.network", ours, "s", "lower", TARGET_S)


def _measure(federation: Federation, app: Path, seconds: Path, node: int, *, own_waiting: bool) -> float:
    coordinator = settings.load(federation.coordinator)
    chosen = {
        "node": f'"{node}"',
        "own-waiting": str(own_waiting).lower(),
        "exchanges": str(EXCHANGES),
        "seconds": f'"{seconds}"',
    }
    words = " ".join(f"{name}={value}" for name, value in chosen.items())
    started = command(coordinator, "run", str(app), CONNECTION, "--run-config", words)
    submit.follow(int(started["run-id"]), coordinator, seconds.with_name("run.log"), print)
    # The mean: Flower's fixed waits make single exchanges 3 s or 6 s by chance.
    return statistics.fmean(json.loads(seconds.read_text()))
