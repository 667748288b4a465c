"""Processes by identity: who runs, written down, and stopped for certain. Linux only."""

import json
import os
import select
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

STOP_TIMEOUT_S = 15.0
"""How long a process may take to end before it is killed."""


@dataclass(frozen=True)
class Identity:
    """A process, told apart from a later one with the same number by the tick in which it started."""

    pid: int
    tick: int

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Identity of a living process; None when there is none (a zombie does not count)."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else cls(pid, int(fields[19]))

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return Identity.of(self.pid) == self


@dataclass(frozen=True)
class Record:
    """What a supervisor writes down about itself and its services."""

    supervisor: Identity
    services: Mapping[str, Identity]
    ready: bool

    @classmethod
    def load(cls, path: Path) -> "Record | None":
        """Read a record; None where there is none."""
        try:
            content = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        services = {name: Identity(*pair) for name, pair in content["services"].items()}
        return cls(Identity(*content["supervisor"]), services, content["ready"])

    def save(self, path: Path) -> None:
        """Write the record; a reader sees the old one or the new one."""
        services = {name: (identity.pid, identity.tick) for name, identity in self.services.items()}
        content = {
            "supervisor": (self.supervisor.pid, self.supervisor.tick),
            "services": services,
            "ready": self.ready,
        }
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(content))
        os.replace(partial, path)


def end(process: Identity, patience_s: float) -> None:
    """Ask a process to end, wait so long, and kill it if it still runs."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            handle = os.pidfd_open(process.pid)
        except ProcessLookupError:
            return
        try:
            if process.alive:
                signal.pidfd_send_signal(handle, number)
                select.select([handle], [], [], patience_s)
        finally:
            os.close(handle)


def stop(record_file: Path) -> bool:
    """Stop a supervisor and its services, also those that it left behind when it was killed.

    Returns
    -------
    False if nothing was running.
    """
    record = Record.load(record_file)
    if record is None:
        return False
    running = [process for process in (record.supervisor, *record.services.values()) if process.alive]
    end(record.supervisor, (len(record.services) + 1) * STOP_TIMEOUT_S)
    for service in record.services.values():
        end(service, STOP_TIMEOUT_S)
    record_file.unlink(missing_ok=True)
    return bool(running)
