"""The coordinator's folder: its settings, and where everything else in it lies."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from server.network import inner_certificate
from shared.errors import Code, MrfedError
from shared.files import document, durable_file
from shared.sections.section import Section
from shared.services.flower.transport import Credentials
from shared.services.processes import Record

CONNECTION = "coordinator"
"""Name under which Flower's own commands know this coordinator."""


EVERYWHERE = "0.0.0.0"  # noqa: S104 what listens there is the proxy, which serves the fleet's paths only
"""Every network interface of this machine."""


class Settings(Section):
    """What a coordinator chooses once."""

    federation: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    """Name that the hospitals see."""
    host: str = Field(pattern=r"^[A-Za-z0-9.-]+$")
    """Name or number under which hospitals reach this machine; the certificate is made out to it."""
    port: int = Field(default=8443, ge=1, le=65535)
    """Port that hospitals connect to: the proxy's, the only one that faces them."""
    listen: str = EVERYWHERE
    """Network interface of the proxy."""
    superlink_port: int = Field(default=8000, ge=1, le=65535)
    """Port of Flower's SuperLink, on the loopback interface only."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names and numbers to which the certificate is made out."""
        return (self.host,) if self.listen == EVERYWHERE else (self.host, self.listen)


@dataclass(frozen=True)
class Coordinator:
    """A coordinator's folder.

    Parameters
    ----------
    folder : absolute path
    settings : content of its coordinator.yaml
    """

    folder: Path
    settings: Settings

    @property
    def keys(self) -> Path:
        """Certificates and secrets."""
        return self.folder / "keys"

    @property
    def identity_key(self) -> Path:
        """What invitations, rosters and receipts are signed with."""
        return self.keys / "identity.key"

    @property
    def executor_secret(self) -> Path:
        """What the executor signs its requests to the SuperLink with."""
        return self.keys / "executor.secret"

    @property
    def inner(self) -> Credentials:
        """The certificate by which the coordinator's own processes know each other, made at each start."""
        return inner_certificate.credentials(self.run)

    @property
    def admitted(self) -> Path:
        """Who is admitted."""
        return self.folder / "admitted.json"

    def protocol(self, study: str) -> Path:
        """The locked protocol of a study of this name, where there is one."""
        return self.folder / "protocols" / f"{study}.json"

    @property
    def run(self) -> Path:
        """Logs, the record of who runs, and the proxy's working files."""
        return self.folder / "run"

    @property
    def processes(self) -> Path:
        """Who runs."""
        return self.run / "processes.json"

    @property
    def running(self) -> bool:
        """Whether the coordinator is up."""
        record = Record.load(self.processes)
        return record is not None and record.supervisor.alive

    @property
    def flower(self) -> Path:
        """Flower's own files: its database and the connection of its commands."""
        return self.folder / "flower"

    @property
    def address(self) -> str:
        """Where hospitals connect to."""
        return f"{self.settings.host}:{self.settings.port}"

    @property
    def superlink(self) -> str:
        """Where Flower's SuperLink listens; on this machine only."""
        return f"127.0.0.1:{self.settings.superlink_port}"


def settings(**chosen: object) -> Settings:
    """Settings from what a person typed.

    Raises
    ------
    MrfedError that names each setting that is wrong.
    """
    try:
        return Settings.model_validate(chosen)
    except ValidationError as error:
        wrong = "; ".join(f"{fault['loc'][0]} = {fault['input']!r}: {fault['msg']}" for fault in error.errors())
        raise MrfedError(Code.COORDINATOR_INVALID, f"{wrong}; correct it") from error


def create(folder: Path, settings: Settings) -> Coordinator:
    """Write a new coordinator's settings.

    Raises
    ------
    MrfedError if the folder holds a coordinator already.
    """
    path = folder / "coordinator.yaml"
    if path.exists():
        raise MrfedError(Code.COORDINATOR_INVALID, f"{path}: a coordinator is here already; choose another folder")
    durable_file.write(path, document.readable(settings).encode(), 0o644)
    return Coordinator(folder.resolve(), settings)


def load(folder: Path) -> Coordinator:
    """Read a coordinator's folder.

    Raises
    ------
    MrfedError with file, line and remedy.
    """
    path = folder / "coordinator.yaml"
    if not path.exists():
        raise MrfedError(
            Code.COORDINATOR_INVALID,
            f"{folder}: no coordinator is here; name its folder, or make one with mrfed-coordinator init",
        )
    return Coordinator(folder.resolve(), document.load(path, Settings, Code.COORDINATOR_INVALID))
