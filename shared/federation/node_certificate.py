"""The certificate by which the coordinator's proxy knows a hospital before it reads a single request of it.

It is the node's key (`shared.federation.node_key`) in the form that TLS asks for, signed by itself: whom the proxy lets
in is the list of admitted certificates, so that no authority has to vouch, and leaving the list is the revocation.
"""

import datetime
import hashlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.errors import Code, MrfedError

DAYS = 3650
"""A node's key ends when the hospital is admitted with another one; its certificate lasts as long."""


def make(private_key: bytes) -> bytes:
    """PEM certificate of a node.

    Parameters
    ----------
    private_key : as `node_key.generate` makes it
    """
    key = load_ssh_private_key(private_key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = datetime.datetime.now(tz=datetime.UTC)
    name = _name(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # the coordinator's clock may be behind
        .not_valid_after(now + datetime.timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA384())
    )
    return certificate.public_bytes(Encoding.PEM)


def for_tls(private_key: bytes) -> bytes:
    """The node's private key in the form that TLS libraries read, PEM; a secret as the other is."""
    key = load_ssh_private_key(private_key, None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def check(certificate: bytes, public_key: bytes) -> None:
    """Refuse what is not the certificate of a node, or could vouch for others.

    Parameters
    ----------
    certificate : PEM
    public_key : of the node, in OpenSSH's format

    Raises
    ------
    MrfedError (`REFUSED`) where it is of another key, is not signed by it, or is an authority's.
    """
    try:
        read = x509.load_pem_x509_certificate(certificate)
        key = load_ssh_public_key(public_key)
        assert isinstance(key, ec.EllipticCurvePublicKey)
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        own = read.public_key().public_bytes(*form) == key.public_bytes(*form)
        read.verify_directly_issued_by(read)
        authority = read.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        named = read.subject == _name(key) == read.issuer
    except (ValueError, TypeError, InvalidSignature, AssertionError, x509.ExtensionNotFound) as error:
        raise MrfedError(
            Code.REFUSED, "not the certificate of a node; ask the site for its introduction anew"
        ) from error
    if not own or authority or not named:
        raise MrfedError(Code.REFUSED, "a certificate of another key; ask the site for its introduction anew")


def _name(key: ec.EllipticCurvePublicKey) -> x509.Name:
    """A name that tells nobody whose it is, and that no two nodes share."""
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"mrfed node {digest[:32]}")])
