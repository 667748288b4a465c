"""Services start in order, come back when they fall, and leave nobody behind."""

import json
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.errors import Code, MrfedError
from shared.services.processes import Identity, Record, stop
from shared.services.supervisor import Service, Supervisor

pytestmark = pytest.mark.processes

SLEEPER = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
# A service that leaves behind a process in a session of its own, as a node leaves its superexec.
LEAVES_A_CHILD = (
    "import subprocess, sys, signal;"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], start_new_session=True);"
    "open('orphan', 'w').write(str(child.pid)); print('up', flush=True); signal.pause()"
)


@contextmanager
def supervisor(folder: Path, programs: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A supervisor in a process of its own; it prints a line when all services are ready."""
    script = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        import shared.services.supervisor as supervising
        supervising.STOP_TIMEOUT_S = 0.5
        services = [
            supervising.Service(
                name,
                (sys.executable, "-c", program),
                {{}},
                lambda name=name: "up" in Path(f"{{name}}.log").read_text(),
            )
            for name, program in {programs!r}.items()
        ]
        supervising.Supervisor(services, Path()).run(lambda: print("ready", flush=True))
        """
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment, cwd=folder
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def services(folder: Path) -> dict[str, Identity]:
    record = Record.load(folder / "processes.json")
    assert record is not None
    return dict(record.services)


def wait_gone(*identities: Identity) -> None:
    for identity in identities:
        try:
            handle = os.pidfd_open(identity.pid)
        except ProcessLookupError:
            continue
        if identity.alive:
            assert select.select([handle], [], [], 10)[0], f"process {identity.pid} is still there"
        os.close(handle)


def test_a_signal_stops_every_service_and_removes_the_record(tmp_path: Path) -> None:
    with supervisor(tmp_path, {"first": SLEEPER, "second": SLEEPER}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        running = services(tmp_path)
        assert list(running) == ["first", "second"]
        assert all(process.alive for process in running.values())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not any(process.alive for process in running.values())
    assert not (tmp_path / "processes.json").exists()


def test_a_service_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    with supervisor(tmp_path, {"stubborn": STUBBORN}) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (stubborn,) = services(tmp_path).values()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not stubborn.alive


def test_what_a_service_leaves_behind_is_ended_too(tmp_path: Path) -> None:
    with supervisor(tmp_path, {"parent": LEAVES_A_CHILD}) as process:
        assert process.stdout is not None
        process.stdout.readline()
        orphan = Identity.of(int((tmp_path / "orphan").read_text()))
        assert orphan is not None
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not orphan.alive


def test_a_fallen_service_comes_back(tmp_path: Path) -> None:
    with supervisor(tmp_path, {"only": SLEEPER}) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (before,) = services(tmp_path).values()
        os.kill(before.pid, signal.SIGKILL)
        wait_gone(before)
        after = before
        deadline = time.monotonic() + 20
        while after == before and time.monotonic() < deadline:
            time.sleep(0.02)
            after = services(tmp_path).get("only", before)
        assert after != before
        assert after.alive
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not after.alive


def test_stop_ends_a_supervisor_from_outside(tmp_path: Path) -> None:
    with supervisor(tmp_path, {"first": SLEEPER}) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (service,) = services(tmp_path).values()
        assert stop(tmp_path / "processes.json")
        assert process.wait(20) == 0
    assert not service.alive
    assert not stop(tmp_path / "processes.json")


def test_services_end_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with supervisor(tmp_path, {"first": SLEEPER, "second": SLEEPER}) as process:
        assert process.stdout is not None
        process.stdout.readline()
        running = services(tmp_path)
        process.kill()
        process.wait()
        wait_gone(*running.values())
    stop(tmp_path / "processes.json")
    assert not (tmp_path / "processes.json").exists()


def test_a_second_supervisor_in_the_folder_is_refused(tmp_path: Path) -> None:
    me = Identity.of(os.getpid())
    assert me is not None
    Record(me, {}, ready=True).save(tmp_path / "processes.json")
    with pytest.raises(MrfedError, match=f"already running as process {os.getpid()}") as refused:
        Supervisor([], tmp_path).run(lambda: None)
    assert refused.value.code is Code.PROCESS


def test_a_recycled_process_number_is_nobody(tmp_path: Path) -> None:
    me = Identity.of(os.getpid())
    assert me is not None
    someone_else = Identity(me.pid, me.tick - 1)
    assert me.alive
    assert not someone_else.alive
    Record(someone_else, {"service": someone_else}, ready=True).save(tmp_path / "processes.json")
    assert not stop(tmp_path / "processes.json")  # and this process goes on


def test_a_service_that_ends_before_it_is_ready_is_quoted(tmp_path: Path) -> None:
    fails = Service("fails", (sys.executable, "-c", "print('no such key')"), {}, lambda: False)
    with pytest.raises(MrfedError, match="fails ended before it was ready: no such key"):
        Supervisor([fails], tmp_path).run(lambda: None)
    assert not (tmp_path / "processes.json").exists()
    assert (tmp_path / "fails.log").stat().st_mode & 0o777 == 0o600


def test_a_missing_executable_says_what_to_install(tmp_path: Path) -> None:
    missing = Service("proxy", ("/nonexistent/nginx",), {})
    with pytest.raises(MrfedError, match="proxy: cannot start /nonexistent/nginx"):
        Supervisor([missing], tmp_path).run(lambda: None)


def test_the_record_survives_a_round_trip(tmp_path: Path) -> None:
    record = Record(Identity(1, 2), {"a": Identity(3, 4)}, ready=True)
    record.save(tmp_path / "processes.json")
    assert Record.load(tmp_path / "processes.json") == record
    assert json.loads((tmp_path / "processes.json").read_text())["services"] == {"a": [3, 4]}
    assert Record.load(tmp_path / "absent.json") is None
