"""The certificate by which the coordinator's own processes know each other.

Flower's Control and Runtime interfaces ask nobody who he is, and a port of the loopback interface is open to every
account of the machine. So the SuperLink takes connections from holders of one certificate alone: the proxy, the
executor and the coordinator's own commands. It is made anew at each start, by an authority whose key is thrown away,
and its key is readable by the coordinator's account only.
"""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.network import certificates
from shared.files import durable_file, secret_file
from shared.services.flower.transport import Credentials

DAYS = 3650
"""A coordinator may be up for years; a new start makes a new one."""


def credentials(folder: Path) -> Credentials:
    """Where its parts lie.

    Parameters
    ----------
    folder : of the coordinator's running processes
    """
    inner = folder / "inner"
    return Credentials(inner / "ca.crt", inner / "peer.crt", inner / "peer.key")


def renew(folder: Path) -> Credentials:
    """Make a new one in the place of the last.

    Parameters
    ----------
    folder : of the coordinator's running processes
    """
    parts = credentials(folder)
    authority_key, key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "this start of the coordinator")])
    authority = certificates.authority(issuer, authority_key, DAYS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the coordinator's own processes")])
    certificate = certificates.end_entity(
        subject,
        ("localhost", "127.0.0.1"),
        key.public_key(),
        DAYS,
        (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
        issuer,
        authority_key.public_key(),
    ).sign(authority_key, hashes.SHA384())
    parts.key.unlink(missing_ok=True)
    secret_file.write(parts.key, certificates.private_bytes(key))
    durable_file.write(parts.authority, authority.public_bytes(Encoding.PEM))
    durable_file.write(parts.certificate, certificate.public_bytes(Encoding.PEM))
    return parts
