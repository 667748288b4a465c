"""The coordinator's own attack on itself, before it opens to hospitals.

An account of this machine that knows the public certificate must not reach Flower's interfaces, and a run whose app
bundle brings code must be refused even where somebody reaches them. Each is tried against the processes that have just
been started. Run as `python -m server.network.self_test FOLDER`.
"""

import http.client
import os
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from server.network import flower_private, settings
from server.network.settings import Coordinator
from shared.errors import Code, MrfedError
from shared.files import secret_file
from shared.services.flower import foreign_fab, transport

TIMEOUT_S = 60.0
PASSED = "every attack was refused"


def attack(coordinator: Coordinator, environment: dict[str, str]) -> bool:
    """Attack the coordinator from a process of its own; returns True once every attack was refused.

    Parameters
    ----------
    coordinator : its SuperLink and executor run
    environment : of its processes

    Raises
    ------
    MrfedError (`REFUSED`) if a door is open, or if it cannot be told.
    """
    done = subprocess.run(  # noqa: S603 ours
        [sys.executable, "-m", "server.network.self_test", str(coordinator.folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or PASSED not in done.stdout:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise MrfedError(Code.REFUSED, words[-1] if words else "self-test: ended without a word; run up again")
    return True


def check(coordinator: Coordinator) -> None:
    """Attack the coordinator from this process.

    Raises
    ------
    MrfedError (`REFUSED`) if a door is open, or if it cannot be told.
    """
    own = coordinator.inner
    secret_file.check(own.key)
    if (status := _stranger(coordinator)) is not None:
        raise _open_door(f"Flower's Control interface answers {status} to a process without the inner certificate")
    transport.show(own)
    with tempfile.TemporaryDirectory(prefix="mrfed-self-test-") as scratch:
        witness = Path(scratch) / "witness"
        ended = flower_private.end_of_run(coordinator.superlink, own, foreign_fab.build(witness), TIMEOUT_S)
        if witness.exists():
            raise _open_door("a run's own code ran at the coordinator")
    if ended is None:
        raise MrfedError(
            Code.REFUSED,
            f"self-test: the executor had not refused a foreign run after {TIMEOUT_S:g} s; it may only be slow: see "
            f"{coordinator.run / 'executor.log'}, then run up again",
        )
    if Code.REFUSED.value not in ended:
        raise _open_door(f"a run with an app bundle of its own was not refused ({ended})")


def _stranger(coordinator: Coordinator) -> int | None:
    """HTTP status that a process without the inner certificate gets; None where it gets none."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, _, port = coordinator.superlink.rpartition(":")
    connection = http.client.HTTPSConnection(host, int(port), timeout=TIMEOUT_S, context=context)
    try:
        connection.request("POST", "/v1/control/list-runs", b"")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _open_door(what: str) -> MrfedError:
    return MrfedError(
        Code.REFUSED,
        f"self-test: {what}; the coordinator does not open, install mrfed anew in an environment of its own",
    )


def main() -> None:
    """Attack the coordinator of the folder named on the command line."""
    try:
        check(settings.load(Path(sys.argv[1])))
    except MrfedError as error:
        sys.exit(error.text)
    print(PASSED)
    sys.stdout.flush()
    os._exit(0)  # Flower's clients may hold threads


if __name__ == "__main__":
    main()
