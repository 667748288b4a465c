"""The site's unit: the processes that connect it, their environment and their files."""

import json
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from client.node import launcher
from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.federation import introduction, node_certificate
from shared.federation.introduction import Invitation
from shared.files import durable_file, secret_file
from shared.services.flower.environment import environment
from shared.services.flower.transport import Credentials
from shared.services.processes import Record
from shared.services.supervisor import Service


def credentials(folder: Path) -> Credentials:
    """The coordinator's authority, the node's certificate and its key as TLS reads it.

    Parameters
    ----------
    folder : of everything about the connection
    """
    return Credentials(folder / "coordinator.crt", folder / "node.crt", folder / "node.tls.key")


@dataclass(frozen=True)
class Unit:
    """Where the parts of a site's connection lie, and the commands that make it.

    Parameters
    ----------
    site : the site file's content
    site_file : its path, the only thing that the node tells the installed app
    """

    site: Site
    site_file: Path

    @property
    def folder(self) -> Path:
        """Everything about the connection; nothing of a patient."""
        return self.site.workspace / "network"

    @property
    def private_key(self) -> Path:
        """Secret key of the node."""
        return self.folder / "node.key"

    @property
    def credentials(self) -> Credentials:
        """How the node and the coordinator's proxy know each other."""
        return credentials(self.folder)

    @property
    def executor_secret(self) -> Path:
        """What the executor signs its requests to the node with; made anew for each join."""
        return self.folder / "executor.secret"

    @property
    def connection(self) -> Path:
        """Written once the coordinator has let the node in."""
        return self.folder / "connected.json"

    @property
    def executables(self) -> Path:
        """Folder of refusing executables, first on the PATH."""
        return self.folder / "bin"

    @property
    def invitation_file(self) -> Path:
        """The coordinator's invitation, as init kept it."""
        return self.folder / "invitation.yaml"

    @property
    def processes(self) -> Path:
        """Logs and the record of what runs."""
        return self.folder / "run"

    def invitation(self) -> Invitation:
        """The invitation that init kept.

        Raises
        ------
        MrfedError if there is none, if it was changed, or if it invites another site.
        """
        if not self.invitation_file.exists():
            raise MrfedError(
                Code.SITE_INVALID,
                f"{self.invitation_file}: is missing; ask the coordinator for an invitation, then run mrfed-site init",
            )
        invited = introduction.load(self.invitation_file, Invitation)
        if invited.site != self.site.name:
            raise MrfedError(
                Code.SITE_INVALID,
                f"{self.site_file}: the site is called {self.site.name}, its invitation is for {invited.site}; "
                "use the name of the invitation",
            )
        return invited

    def environment(self) -> dict[str, str]:
        """Environment of every process of the unit: executables of Flower are found refused or not at all."""
        return environment(self.folder / "flower", f"{self.executables}:/usr/bin:/bin")

    @property
    def running(self) -> bool:
        """Whether a join is at work."""
        record = Record.load(self.processes / "processes.json")
        return record is not None and record.supervisor.alive

    def prepare(self, invitation: Invitation) -> None:
        """Write what the processes read: refusing executables, the authority's certificate, a new secret.

        Raises
        ------
        MrfedError if the site is joined already, or its key is missing or readable by others.
        """
        if self.running:
            raise MrfedError(Code.PROCESS, f"{self.site.name} is joined already; see mrfed-site status")
        secret_file.check(self.private_key)
        launcher.replace_executables(self.executables)
        own = self.credentials
        durable_file.write(own.authority, invitation.ca_certificate.encode())
        if not own.certificate.exists():
            raise MrfedError(
                Code.DATA_MISSING,
                f"{own.certificate}: is missing; run mrfed-site init, and have the coordinator admit what it writes, "
                "with --replace",
            )
        durable_file.write(own.key, node_certificate.for_tls(self.private_key.read_bytes()))
        self.executor_secret.unlink(missing_ok=True)
        secret_file.write(self.executor_secret, secrets.token_bytes(32))
        self.connection.unlink(missing_ok=True)

    def node(self, invitation: Invitation, port: int) -> Service:
        """The node: fetches questions from the coordinator, offers them to the executor on a local port."""
        return Service(
            "node",
            (
                *(sys.executable, "-m", "client.node.supernode", str(self.connection)),
                *("--superlink", invitation.address),
                *("--root-certificates", str(self.credentials.authority)),
                *("--auth-supernode-private-key", str(self.private_key)),
                *("--node-config", f"site-file={json.dumps(str(self.site_file))}"),
                *("--isolation", "process"),
                *("--superexec-auth-secret-file", str(self.executor_secret)),
                *("--host", "127.0.0.1", "--port", str(port)),
            ),
            self.environment(),
            self.connection.exists,
        )

    def executor(self, port: int) -> Service:
        """The executor: answers the node's questions by the installed app."""
        return Service(
            "executor",
            (
                *(sys.executable, "-m", "client.node.superexec"),
                "--insecure",  # both ends are on this machine's loopback interface
                *("--runtime-api-address", f"127.0.0.1:{port}"),
                *("--superexec-auth-secret-file", str(self.executor_secret)),
            ),
            self.environment(),
        )
