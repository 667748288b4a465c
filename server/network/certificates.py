"""The coordinator's certificate authority and the certificate by which it proves itself to hospitals.

One authority per coordinator; hospitals trust it and no other. ECDSA on P-384 throughout, RFC 5280 fields.
"""

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.errors import Code, MrfedError
from shared.files import secret_file

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
RENEW_DAYS = 30
"""A server certificate with fewer days left is to be renewed."""
KDF_ROUNDS = 600_000
"""Of the passphrase; as OWASP's Password Storage Cheat Sheet states for PBKDF2-HMAC-SHA256 (2023)."""


def create_authority(keys: Path, name: str, passphrase: bytes) -> None:
    """Write a new authority: `ca.p12` (0600), its key encrypted, and `ca.crt`.

    Parameters
    ----------
    keys : folder
    name : common name
    passphrase : opens the key

    Raises
    ------
    MrfedError if there is one already.
    """
    key = ec.generate_private_key(ec.SECP384R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = authority(subject, key, AUTHORITY_DAYS)
    secret_file.write(keys / "ca.p12", _encrypted(key, certificate, passphrase))
    (keys / "ca.crt").write_bytes(certificate.public_bytes(Encoding.PEM))


def encrypt(keys: Path, passphrase: bytes) -> None:
    """Encrypt the key of an authority that an older mrfed has made, and remove the one that lies open."""
    certificate = x509.load_pem_x509_certificate((keys / "ca.crt").read_bytes())
    secret_file.write(keys / "ca.p12", _encrypted(_load(keys / "ca.key"), certificate, passphrase))
    (keys / "ca.key").unlink()


def create_server_key(keys: Path) -> None:
    """Write a new server key, `server.key` (0600).

    Raises
    ------
    MrfedError if there is one already.
    """
    secret_file.write(keys / "server.key", private_bytes(ec.generate_private_key(ec.SECP384R1())))


def issue_server(keys: Path, hosts: Sequence[str], passphrase: bytes) -> None:
    """Write `server.crt`, made out to the hosts and to this machine's loopback interface.

    Parameters
    ----------
    keys : folder with the authority and the server's key
    hosts : names or numbers under which the coordinator is reached; the first is the common name
    passphrase : of the authority's key

    Raises
    ------
    MrfedError where the passphrase is another, or the authority's key is not there.
    """
    issuer = x509.load_pem_x509_certificate((keys / "ca.crt").read_bytes()).subject
    signer = _authority_key(keys / "ca.p12", passphrase)
    public = _load(keys / "server.key").public_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    certificate = end_entity(
        subject,
        tuple(dict.fromkeys((*hosts, "localhost", "127.0.0.1"))),
        public,
        SERVER_DAYS,
        (ExtendedKeyUsageOID.SERVER_AUTH,),
        issuer,
        signer.public_key(),
    ).sign(signer, hashes.SHA384())
    partial = keys / "server.crt.partial"
    partial.write_bytes(certificate.public_bytes(Encoding.PEM))
    partial.replace(keys / "server.crt")


def authority(subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int) -> x509.Certificate:
    """Certificate of an authority, signed by itself.

    Parameters
    ----------
    subject : its name
    key : its private key
    days : until it ends
    """
    return (
        _certificate(subject, subject, key.public_key(), days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA384())
    )


def end_entity(
    subject: x509.Name,
    hosts: Sequence[str],
    key: ec.EllipticCurvePublicKey,
    days: int,
    purposes: Sequence[x509.ObjectIdentifier],
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    """Certificate of one that signs no others, to be signed by its issuer.

    Parameters
    ----------
    subject : its name
    hosts : names and numbers that it is made out to, besides
    key : its public key
    days : until it ends
    purposes : what it may prove: a server, a client
    issuer, issuer_key : name and public key of the authority
    """
    return (
        _certificate(subject, issuer, key, days)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def days_left(certificate: Path) -> float:
    """Days until a certificate expires."""
    ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    return (ends - datetime.datetime.now(tz=datetime.UTC)) / datetime.timedelta(days=1)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(tz=datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A hospital's clock may be behind.
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def private_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as PEM, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _encrypted(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, passphrase: bytes) -> bytes:
    """PKCS #12 with AES-256 under PBKDF2-HMAC-SHA256 (RFC 7292, RFC 8018); OpenSSL reads it."""
    protection = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(KDF_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(passphrase)
    )
    return pkcs12.serialize_key_and_certificates(b"authority", key, certificate, None, protection)


def _authority_key(path: Path, passphrase: bytes) -> ec.EllipticCurvePrivateKey:
    secret_file.check(path)
    try:
        key, _, _ = pkcs12.load_key_and_certificates(path.read_bytes(), passphrase)
    except ValueError as error:
        raise MrfedError(
            Code.REFUSED, f"{path}: this passphrase does not open the authority's key; type it anew"
        ) from error
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _load(path: Path) -> ec.EllipticCurvePrivateKey:
    secret_file.check(path)
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key
