"""The site's own attack on itself, before each join: a coordinator that pushes code must find the door shut.

The unit's real executor is started in the unit's real environment, and a node's real interface offers it what
a hostile coordinator would send: an app bundle with code, and tasks that are no ClientApp. Each must come
back refused, and the code must not have run. Whatever else happens, the site does not join.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flwr.app import Message

from client.node import flower_private
from client.node.flower_private import Offer, Rehearsal, TaskType
from client.node.launcher import SWITCHED_OFF
from client.node.unit import Unit
from client.site import site_file
from shared.errors import Code, MrfedError
from shared.services.flower import fab, foreign_fab
from shared.services.flower.executor import require_version

FIRST_TIMEOUT_S = 300.0
"""For the first attack, before which the executor has to start."""
LEAST_TIMEOUT_S, TIMES_THE_FIRST = 60.0, 5.0
"""Each further attack may take so many times as long as the first: how long that is, the machine says itself."""
PASSED = "every attack was refused"
UNTOLD = 3
"""Exit status where nothing was found open, and not every attack was answered."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def attack(unit: Unit) -> None:
    """Attack the unit from a process of its own, in the unit's environment.

    Parameters
    ----------
    unit : with its files prepared

    Raises
    ------
    MrfedError (`REFUSED`) if a door is open, or if it cannot be told.
    """
    done = subprocess.run(  # noqa: S603 ours
        [sys.executable, "-m", "client.node.self_test", str(unit.site_file)],
        env=unit.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or PASSED not in done.stdout:
        output = (done.stderr or done.stdout).strip().splitlines()
        code = Code.PROCESS if done.returncode == UNTOLD else Code.REFUSED
        raise MrfedError(code, output[-1] if output else "self-test: ended without a reason; run it again")


def check(unit: Unit) -> None:
    """Attack the unit from this process.

    Parameters
    ----------
    unit : with its files prepared

    Raises
    ------
    MrfedError (`REFUSED`) if a door is open, or (`PROCESS`) if it cannot be told.
    """
    require_version()
    _check_executables(unit)
    _check_tasks(unit)


def _open_door(what: str) -> MrfedError:
    return MrfedError(
        Code.REFUSED,
        f"self-test: {what}; this site does not join, install mrfed anew in an environment of its own",
    )


def unanswered(answers: int, attacks: int, limit_s: float, *, fell: bool) -> MrfedError:
    """What is the case where attacks were not answered: nothing was found open, and the site cannot be sure.

    Parameters
    ----------
    answers, attacks : how many of how many
    limit_s : how long the last one was waited for
    fell : whether the executor has ended by itself
    """
    why = "the executor ended by itself, see mrfed-site doctor" if fell else "the machine is slow or busy; run it again"
    return MrfedError(
        Code.PROCESS,
        f"self-test: {answers} of {attacks} attacks were answered, the last was given {limit_s:.0f} s; no door was "
        f"found open, but the site joins only once every attack was refused: {why}",
    )


def _check_executables(unit: Unit) -> None:
    """Every executable of Flower that the unit's PATH finds must be the one that refuses."""
    variables = unit.environment()
    for name in sorted(flower_private.executables()):
        executable = shutil.which(name, path=variables["PATH"])
        if executable is None or Path(executable).parent != unit.executables:
            raise _open_door(f"{name} is found as {executable}, not as the executable that refuses")
        ended = subprocess.run([executable], env=variables, capture_output=True, check=False)  # noqa: S603 ours
        if ended.returncode != SWITCHED_OFF:
            raise _open_door(f"{executable} does not refuse")


def _check_tasks(unit: Unit) -> None:
    """The executor must refuse code from outside, under whatever name, and all that is no ClientApp."""
    port = free_port()
    ours = fab.build()
    with tempfile.TemporaryDirectory(prefix="mrfed-self-test-") as scratch:
        witness = Path(scratch) / "witness"
        foreign = foreign_fab.build(witness)
        offers = [
            Offer(task_type, content)
            for task_type in TaskType
            for content in (foreign, ours)
            if (task_type, content) != (TaskType.CLIENT_APP, ours)
        ]
        answers: list[Message] = []
        executor = unit.executor(port)
        with (
            Rehearsal(port, unit.executor_secret.read_bytes()) as node,
            open(Path(scratch) / "executor.log", "wb") as log,
            subprocess.Popen(  # noqa: S603 the unit's own command
                executor.command, env=dict(executor.environment), stdout=log, stderr=subprocess.STDOUT
            ) as process,
        ):
            limit_s = FIRST_TIMEOUT_S
            try:
                for offer in offers:
                    started = time.monotonic()
                    node.offer(offer)
                    if not (received := node.wait_for_answers(1, limit_s)):
                        break
                    answers += received
                    if len(answers) == 1:
                        limit_s = max(LEAST_TIMEOUT_S, TIMES_THE_FIRST * (time.monotonic() - started))
                fell = process.poll() is not None
            finally:
                process.terminate()
        if witness.exists():
            raise _open_door("code from outside ran")
        if len(answers) < len(offers):
            raise unanswered(len(answers), len(offers), limit_s, fell=fell)
        for offer, answer in zip(offers, answers, strict=True):
            if not answer.has_error() or Code.REFUSED.value not in answer.error.reason:
                raise _open_door(f"a task of type {offer.task_type} was not refused")


def main() -> None:
    """Attack the unit of the site file named on the command line."""
    path = Path(sys.argv[1])
    try:
        check(Unit(site_file.load(path), path))
    except MrfedError as error:
        print(error.text, file=sys.stderr)
        sys.exit(UNTOLD if error.code is Code.PROCESS else 1)
    print(PASSED)


if __name__ == "__main__":
    main()
