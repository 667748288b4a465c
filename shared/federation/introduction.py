"""How a hospital and its coordinator become known to each other: two small files, and a number read by telephone.

The coordinator's invitation says where to connect and by which certificate authority to know it. The hospital's
introduction says by which key its node connects. Each is signed by the identity of whoever wrote it, so that
comparing the fingerprint of the identity vouches for all the rest. No secret is in either.
"""

from pathlib import Path
from typing import ClassVar, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, field_validator, model_validator

from shared.errors import Code, MrfedError
from shared.federation import identity, node_certificate, node_key
from shared.files import document, durable_file
from shared.sections.federation import SITE_NAME
from shared.sections.section import Section

HEX_KEY = r"^[0-9a-f]{64}$"


class _Signed(Section):
    """A file that its writer's identity signs."""

    identity: str = Field(pattern=HEX_KEY)
    """Public half of the writer's identity, in hexadecimal."""
    signature: str = Field(default="", pattern=r"^([0-9a-f]{128})?$")
    """The writer's, over all else."""

    @property
    def fingerprint(self) -> str:
        """What two people compare by telephone: eight groups of five digits."""
        return identity.fingerprint(self.identity)

    def signed(self, key: Ed25519PrivateKey) -> Self:
        """The same, signed."""
        return self.model_copy(update={"signature": identity.sign(key, type(self).__name__, self._content())})

    def check(self, who: str) -> None:
        """Hold the signature against the content.

        Parameters
        ----------
        who : whose it is said to be, for the error

        Raises
        ------
        MrfedError (`REFUSED`) where anything was changed after signing.
        """
        identity.verify(self.identity, type(self).__name__, self._content(), self.signature, who)

    def compare(self, read: str | None, who: str) -> None:
        """Hold the fingerprint against the one that was read by telephone, where it was.

        Raises
        ------
        MrfedError (`REFUSED`) where they differ.
        """
        if read is not None and "".join(read.split()) != "".join(self.fingerprint.split()):
            raise MrfedError(
                Code.REFUSED,
                f"{who}: its fingerprint is {self.fingerprint}, not {read}; somebody may have changed the file on its "
                "way, ask for it anew by another way",
            )

    def _content(self) -> dict[str, object]:
        return self.model_dump(mode="json", exclude={"signature"})


class Invitation(_Signed):
    """Who is invited, where to, and by which certificate authority the coordinator proves itself."""

    of_lines: ClassVar[frozenset[str]] = frozenset({"ca_certificate"})

    site: str = Field(pattern=SITE_NAME)
    """Name under which the hospital takes part."""
    federation: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    """Name of the coordinator's federation."""
    address: str = Field(pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$")
    """Host and port that the hospital connects to; the hospital itself opens no port."""
    ca_certificate: str
    """The coordinator's certificate authority, PEM."""

    @field_validator("ca_certificate")
    @classmethod
    def _is_certificate(cls, text: str) -> str:
        x509.load_pem_x509_certificate(text.encode())
        return text

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port of the coordinator."""
        host, _, port = self.address.rpartition(":")
        return host, int(port)


class Introduction(_Signed):
    """Which hospital it is, and by which key and certificate its node connects."""

    of_lines: ClassVar[frozenset[str]] = frozenset({"node_certificate"})

    site: str = Field(pattern=SITE_NAME)
    """Name under which the hospital was invited."""
    node_key: str
    """Public key of the node, in OpenSSH's format."""
    node_certificate: str
    """The same key as the proxy asks for it, PEM."""

    @field_validator("node_key")
    @classmethod
    def _is_node_key(cls, text: str) -> str:
        try:
            node_key.check(text.encode())
        except MrfedError as error:
            raise ValueError(error.text) from error
        return text

    @model_validator(mode="after")
    def _of_one_key(self) -> Self:
        try:
            node_certificate.check(self.node_certificate.encode(), self.node_key.encode())
        except MrfedError as error:
            raise ValueError(f"node_certificate: {error.text}") from error
        return self


File = TypeVar("File", Invitation, Introduction)


def load(path: Path, kind: type[File]) -> File:
    """Read an invitation or an introduction, and check its signature.

    Raises
    ------
    MrfedError with file, line and remedy.
    """
    introduced = document.load(path, kind, Code.REFUSED)
    introduced.check(str(path))
    return introduced


def save(signed: Invitation | Introduction, path: Path) -> None:
    """Write an invitation or an introduction as YAML."""
    durable_file.write(path, document.readable(signed).encode(), 0o644)
