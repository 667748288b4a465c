"""The join kit: what a coordinator gives a hospital so that it can connect. No secret is in it."""

import hashlib
import os
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field, field_validator

from shared import document
from shared.errors import Code
from shared.sections.section import Section


class JoinKit(Section):
    """Who is invited, where to, and by which certificate the coordinator proves itself."""

    site: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
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
    def fingerprint(self) -> str:
        """SHA-256 of the certificate authority, to be compared over the telephone."""
        return certificate_fingerprint(self.ca_certificate.encode())

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port of the coordinator."""
        host, _, port = self.address.rpartition(":")
        return host, int(port)


def load(path: Path) -> JoinKit:
    """Read a join kit.

    Raises
    ------
    MrfedError with file, line and remedy.
    """
    return document.load(path, JoinKit, Code.SITE_INVALID)


def save(kit: JoinKit, path: Path) -> None:
    """Write a join kit as YAML."""
    partial = path.with_suffix(".partial")
    partial.write_text(yaml.safe_dump(kit.model_dump(), sort_keys=False))
    os.replace(partial, path)


def certificate_fingerprint(pem: bytes) -> str:
    """SHA-256 of a certificate, in pairs of hexadecimal digits as browsers and openssl show it."""
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    digits = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digits[start : start + 2] for start in range(0, len(digits), 2))
