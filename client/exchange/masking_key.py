"""The masking key of one approval of a study: made when first asked for, deleted when the study is over.

Who holds it can take the masks off what this site has sent. Deleted, nobody ever can.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from client.site.audit_log import AuditLog, Event
from shared.errors import Code, MrfedError
from shared.files import durable_file, secret_file

_KEY, _DELETED = "masking.key", "masking.deleted"


def masking_key(folder: Path) -> X25519PrivateKey:
    """The site's X25519 key for one approval.

    Parameters
    ----------
    folder : of the approval

    Raises
    ------
    MrfedError (`REFUSED`) where the key was deleted: the study is over.
    """
    path = folder / _KEY
    if (folder / _DELETED).exists():
        raise MrfedError(
            Code.REFUSED, f"{path}: was deleted, since the study is over; to take part again, approve it anew"
        )
    if not path.exists():
        secret_file.write(path, X25519PrivateKey.generate().private_bytes_raw())
    secret_file.check(path)
    return X25519PrivateKey.from_private_bytes(path.read_bytes())


def delete(folder: Path, study: str, log: AuditLog) -> None:
    """Delete the key of a study that is over.

    Parameters
    ----------
    folder : of the approval
    study : digest of the study, for the audit log
    log : the site's audit log
    """
    durable_file.write(folder / _DELETED, b"")
    (folder / _KEY).unlink(missing_ok=True)
    durable_file.sync_folder(folder)
    log.append(Event.KEYS_DELETED, {"study": study})
