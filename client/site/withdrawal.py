"""Patients who have withdrawn: left out of every study that is approved from then on.

A study that was approved before keeps its patients: the difference of two sums that differ by one patient is that
patient.
"""

import hashlib
import hmac
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.site.audit_log import AuditLog, Event
from client.site.site_file import Site
from client.site.tables import column, of_site
from shared.errors import Code, MrfedError
from shared.files import durable_file

FILE = "withdrawn.json"


def withdraw(workspace: Path, patient: str, log: AuditLog) -> None:
    """Note that a patient has withdrawn; the audit log says so without the name.

    Raises
    ------
    MrfedError where the patient has withdrawn before.
    """
    before = withdrawn(workspace)
    if patient in before:
        raise MrfedError(Code.REFUSED, f"patient {patient}: has withdrawn before; nothing to do")
    durable_file.write(workspace / FILE, json.dumps(sorted({*before, patient})).encode())
    log.append(Event.WITHDRAWAL, {"patient": pseudonym(patient, log.key), "withdrawn": len(before) + 1})


def withdrawn(workspace: Path) -> frozenset[str]:
    """Patients who have withdrawn, by the site's own identifiers."""
    path = workspace / FILE
    return frozenset(json.loads(path.read_bytes())) if path.exists() else frozenset()


def listed(site: Site, patient: str) -> bool:
    """Whether a table of the site has such a patient: a misspelt name withdraws nobody."""
    tables = (path for path in (site.data.clinical, site.data.features, site.data.images) if path is not None)
    name = site.columns.patient
    return any(patient in set(column(of_site(path, site), name, path).astype(str)) for path in tables)


def pseudonym(patient: str, key: Ed25519PrivateKey) -> str:
    """What stands for a patient in the audit log: only who holds the site's key can tell whom it means."""
    return hmac.new(key.private_bytes_raw(), b"withdrawal\0" + patient.encode(), hashlib.sha256).hexdigest()[:32]
