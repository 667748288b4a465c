"""Services under one supervisor: started in order, restarted when they fall, and all gone at the end.

The supervisor adopts the orphans of its services (`PR_SET_CHILD_SUBREAPER`), so that "all gone" is what the
kernel says, not what a service promised. Linux only.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.errors import Code, MrfedError
from shared.services.processes import STOP_TIMEOUT_S, Identity, Record, end, stop

READY_TIMEOUT_S = 90.0
FALLS_A_MINUTE = 3

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Service:
    """A command that keeps running, and how to tell that it is ready."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready: Callable[[], bool] = lambda: True


class Supervisor:
    """Run services until a signal asks to stop.

    Parameters
    ----------
    services : started in this order, stopped in the reverse order
    folder : `processes.json` and a log per service are written here
    """

    def __init__(self, services: Sequence[Service], folder: Path) -> None:
        self.services = services
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._falls: deque[float] = deque(maxlen=FALLS_A_MINUTE)
        self._strangers: set[int] = set()

    @property
    def record(self) -> Path:
        """File that names the supervisor and its services while they run."""
        return self.folder / "processes.json"

    def run(self, announce: Callable[[], None]) -> None:
        """Start all services, call `announce` once they are ready, watch them, stop them all.

        Raises
        ------
        MrfedError if another supervisor works in this folder, if a service ends before it is ready, or if
        services fall `FALLS_A_MINUTE` times within a minute.
        """
        other = Record.load(self.record)
        if other is not None and other.supervisor.alive:
            raise MrfedError(
                Code.PROCESS,
                f"{self.folder}: already running as process {other.supervisor.pid}; stop that one first",
            )
        stop(self.record)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._strangers = _child_pids()
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            for service in self.services:
                self._start(service)
                if not self._await(service):
                    return
            self._write(ready=True)
            announce()
            self._watch()
        finally:
            self._stop()
            self.record.unlink(missing_ok=True)
            _libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def log(self, name: str) -> Path:
        """Log file of a service."""
        return self.folder / f"{name}.log"

    def _start(self, service: Service) -> None:
        descriptor = os.open(self.log(service.name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._running[service.name] = subprocess.Popen(  # noqa: S603 the caller's own command
                service.command,
                env=dict(service.environment),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_prepare_child,
            )
        except OSError as error:
            raise MrfedError(
                Code.PROCESS,
                f"{service.name}: cannot start {service.command[0]} ({error.strerror}); install it",
            ) from error
        finally:
            os.close(descriptor)
        self._write(ready=False)

    def _await(self, service: Service) -> bool:
        """Wait until a service is ready; False when a signal asked to stop meanwhile."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not service.ready():
            if self._asked_to_stop(0.05):
                return False
            if self._running[service.name].poll() is not None:
                raise MrfedError(
                    Code.PROCESS,
                    f"{service.name} ended before it was ready: {self._last_words(service.name)}",
                )
            if time.monotonic() > deadline:
                raise MrfedError(
                    Code.PROCESS,
                    f"{service.name} was not ready within {READY_TIMEOUT_S:.0f} s: {self._last_words(service.name)}",
                )
        return True

    def _watch(self) -> None:
        # A signal of one end can be swallowed while another service is awaited, hence the look every 5 s.
        while not self._asked_to_stop(5.0):
            for service in self.services:
                if self._running[service.name].poll() is None:
                    continue
                self._falls.append(time.monotonic())
                if len(self._falls) == FALLS_A_MINUTE and self._falls[-1] - self._falls[0] < 60:
                    raise MrfedError(Code.PROCESS, f"{service.name} keeps falling: {self._last_words(service.name)}")
                self._start(service)
                if not self._await(service):
                    return
                self._write(ready=True)
            self._reap_orphans()

    def _reap_orphans(self) -> None:
        """Take note of adopted processes that have ended; a service's own end is `poll`'s to see."""
        own = {process.pid for process in self._running.values()}
        for pid in _child_pids() - self._strangers - own:
            if Identity.of(pid) is None:
                os.waitpid(pid, os.WNOHANG)

    def _asked_to_stop(self, patience_s: float) -> bool:
        """Wait for a signal, at most so long; whether it asks to stop (a child's end does not)."""
        received = signal.sigtimedwait(_SIGNALS, patience_s)
        return received is not None and received.si_signo != signal.SIGCHLD

    def _stop(self) -> None:
        for name in reversed(self._running):
            identity = Identity.of(self._running[name].pid)
            if identity is not None:
                end(identity, STOP_TIMEOUT_S)
            self._running[name].wait()
        # What the services left behind is our child by now, and what that leaves behind will be.
        while orphans := _child_pids() - self._strangers:
            for pid in orphans:
                if (identity := Identity.of(pid)) is not None:
                    end(identity, STOP_TIMEOUT_S)
                os.waitpid(pid, 0)

    def _write(self, *, ready: bool) -> None:
        identities = {name: Identity.of(process.pid) for name, process in self._running.items()}
        me = Identity.of(os.getpid())
        assert me is not None
        Record(me, {name: identity for name, identity in identities.items() if identity is not None}, ready).save(
            self.record
        )

    def _last_words(self, name: str) -> str:
        path = self.log(name)
        lines = [line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip()]
        return f"{' | '.join(lines[-6:])} (all of it in {path})"


def _prepare_child() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _child_pids() -> set[int]:
    """Children of this process, adopted ones among them."""
    pids: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a thread may end meanwhile
            pids.update(int(pid) for pid in (task / "children").read_text().split())
    return pids
