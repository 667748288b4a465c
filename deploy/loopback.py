"""A whole federation on this machine, over the loopback interface, through the commands that people type."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from shared.files import secret_file

BIN = Path(sys.executable).parent
"""Where this environment's commands lie."""

STOP_TIMEOUT_S = 60.0


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class CommandFailedError(Exception):
    """A command ended otherwise than it should; the text is what it said."""


def run(*command: str | Path, timeout_s: float = 600.0) -> str:
    """Run one of mrfed's commands to its end; returns what it printed.

    Raises
    ------
    CommandFailedError if its exit status is not 0.
    """
    name, *arguments = map(str, command)
    done = subprocess.run(  # noqa: S603 ours
        [str(BIN / name), *arguments], capture_output=True, text=True, timeout=timeout_s, check=False
    )
    if done.returncode:
        raise CommandFailedError(f"{name} {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


class Running:
    """A command that keeps running.

    Parameters
    ----------
    command : as it would be typed
    log : file for what it says to the terminal
    """

    def __init__(self, *command: str | Path, log: Path) -> None:
        name, *arguments = map(str, command)
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(  # noqa: S603 ours
                [str(BIN / name), *arguments], stdout=subprocess.PIPE, stderr=file, text=True
            )

    def wait_for(self, start: str) -> str:
        """Wait for a line that starts so.

        Raises
        ------
        CommandFailedError if the command ends before.
        """
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(start):
                return line.strip()
        self.process.wait()
        raise CommandFailedError(f"{self.process.args!r}: {self._log.read_text()}")

    def ask_to_stop(self) -> None:
        """Ask it to end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self.ask_to_stop()
        self.process.wait(STOP_TIMEOUT_S)
        if self.process.stdout is not None:
            self.process.stdout.close()


class Federation:
    """A coordinator and its hospitals, each process on this machine; entering opens it, leaving stops all.

    Parameters
    ----------
    folder : for the coordinator, the invitations and the logs
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.coordinator = folder / "coordinator"
        self.port, self.superlink_port = free_ports(2)
        self.running: dict[str, Running] = {}

    def __enter__(self) -> "Federation":
        self.folder.mkdir(parents=True, exist_ok=True)
        passphrase = self.folder / "passphrase"
        secret_file.write(passphrase, secrets.token_hex(16).encode())
        run(
            *("mrfed-coordinator", "init", "127.0.0.1", "--federation", "loopback"),
            *("--folder", self.coordinator, "--listen", "127.0.0.1", "--passphrase-file", passphrase),
            *("--port", str(self.port), "--superlink-port", str(self.superlink_port)),
        )
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        coordinator = self.running.pop("coordinator", None)
        for site in self.running.values():
            site.ask_to_stop()
        for site in self.running.values():
            site.stop()
        if coordinator is not None:
            coordinator.stop()

    def open(self) -> None:
        """Start the coordinator's network."""
        up = Running("mrfed-coordinator", "up", "--folder", self.coordinator, log=self.folder / "up.log")
        self.running["coordinator"] = up
        up.wait_for("up:")

    def invite(self, site: str, folder: Path) -> Path:
        """Invite a site and set it up in its folder; returns its introduction."""
        invitation = self.folder / f"{site}.invitation.yaml"
        run("mrfed-coordinator", "invite", site, "--folder", self.coordinator, "--out", invitation)
        return Path(run("mrfed-site", "init", invitation, "--folder", folder).strip())

    def admit(self, introduction: Path) -> None:
        """Admit a site by its introduction."""
        run("mrfed-coordinator", "admit", introduction, "--folder", self.coordinator)

    def roster(self, study: Path) -> Path:
        """Sign the roster of a study."""
        out = self.folder / "roster.yaml"
        return Path(run("mrfed-coordinator", "roster", study, "--folder", self.coordinator, "--out", out).strip())

    def join(self, folders: Iterable[Path]) -> None:
        """Connect sites, all at once, and wait until the coordinator has let them in."""
        started = []
        for folder in folders:
            log = self.folder / f"join-{folder.name}.log"
            joining = Running("mrfed-site", "join", "--site", folder / "site.yaml", log=log)
            self.running[folder.name] = joining
            started.append(joining)
        for joining in started:
            joining.wait_for("joined:")

    def ask(self, study: Path, out: Path) -> str:
        """Run a study; returns what the command printed."""
        return run("mrfed-coordinator", "run", study, "--folder", self.coordinator, "--out", out)


def leftovers(folder: Path) -> list[str]:
    """Command lines of living processes that name a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if int(process.name) != os.getpid() and any(str(folder).encode() in word for word in words):
            found.append(b" ".join(words).decode())
    return found
