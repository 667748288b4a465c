"""What this hospital has approved: a study, with whom, under which contract, computed by which program.

Each approval of a study has a folder of its own, in which everything that belongs to it lies: the study, the
roster, the patients who had withdrawn, what had been said at review, the ledger of answers and the masking key.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from client.approval.code_hash import code_hash
from client.review.decisions import FILE as _REVIEWED
from client.review.decisions import Reviewed, reviewed
from client.site import withdrawal
from client.site.audit_log import AuditLog, Event
from shared.contract import registry
from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.federation.roster import Roster
from shared.files import document, durable_file
from shared.privacy.policy import Policy
from shared.sections.section import Section
from shared.study.study import Study

Model = TypeVar("Model", bound=BaseModel)

PURPOSE = "approval"
_STUDY, _ROSTER, _APPROVAL, _REVOKED = "study.json", "roster.json", "approval.json", "revoked"


class Approval(Section):
    """What a site has signed."""

    site: str
    serial: int
    """Counted up where the same study is approved anew."""
    study: str
    roster: str
    contract: int
    code: str
    """Digests of the study, the roster and the program; version of the contract."""
    policy: Policy
    """The site's policy as it was."""
    accepted: tuple[str, ...] = ()
    """Sentences that a person wrote out."""
    patients: str
    """SHA-256 of who had withdrawn and what stood after review, salted: it tells nobody who they are."""
    time: datetime
    signature: str = ""


@dataclass(frozen=True)
class Approved:
    """An approval and what it is about.

    Parameters
    ----------
    approval, study, roster : as approved
    withdrawn : patients who had withdrawn at that time
    reviewed : patients who had been rejected at review by then, and what readers had scored
    folder : where all that belongs to this approval lies
    """

    approval: Approval
    study: Study
    roster: Roster
    withdrawn: frozenset[str]
    reviewed: Reviewed
    folder: Path


def approve(
    workspace: Path, study: Study, roster: Roster, policy: Policy, accepted: Collection[str], log: AuditLog
) -> Approved:
    """Sign and keep an approval; what `shared.privacy.disclosure_rules` finds is the caller's to heed.

    Parameters
    ----------
    workspace : the site's
    study, roster : what is approved
    policy : the site's policy
    accepted : sentences that a person has written out
    log : the site's audit log, whose site and key sign

    Raises
    ------
    MrfedError (`REFUSED`) where the roster is not this study's, or names this site with another identity.
    """
    roster.check(study)
    if roster.members[roster.place(log.site)].identity != identity.public_hex(log.key):
        raise MrfedError(
            Code.REFUSED, f"site {log.site}: the roster names it with another identity; tell the coordinator yours"
        )
    serial = len(_serials(workspace, study.digest)) + 1
    folder = _folder(workspace, study.digest) / str(serial)
    left_out, reviews = withdrawal.withdrawn(workspace), reviewed(workspace, study.name)
    durable_file.write(folder / _STUDY, document.canonical(study))
    durable_file.write(folder / _ROSTER, document.canonical(roster))
    durable_file.write(folder / withdrawal.FILE, document.canonical(sorted(left_out)))
    reviews.keep(folder)
    unsigned = Approval(
        site=log.site,
        serial=serial,
        study=study.digest,
        roster=roster.digest,
        contract=registry.VERSION,
        code=code_hash(),
        policy=policy,
        accepted=tuple(sorted(accepted)),
        patients=_of_patients(folder),
        time=log.clock(),
    )
    approval = unsigned.model_copy(update={"signature": identity.sign(log.key, PURPOSE, _content(unsigned))})
    counts = {"withdrawn": len(left_out), "rejected": len(reviews.rejected)}
    log.append(Event.APPROVAL, {"name": study.name, "version": study.version, **counts, **_content(approval)})
    # Last: an approval is there only when everything that it needs is.
    durable_file.write(folder / _APPROVAL, document.canonical(approval))
    return Approved(approval, study, roster, left_out, reviews, folder)


def find(workspace: Path, digest: str, public_key: str, today: datetime) -> Approved:
    """The approval in force of the study of that digest.

    Parameters
    ----------
    workspace : the site's
    digest : of the study, as somebody from outside states it
    public_key : this site's identity, in hexadecimal
    today : now

    Raises
    ------
    MrfedError (`STUDY_NOT_APPROVED`) where there is none, it was revoked, its time is over, or anything that it signs
    has changed.
    """
    approved = latest(workspace, digest)
    if approved is None:
        raise _not_approved(f"study {digest[:12]!r} is not approved here; read it, then run mrfed-site approve")
    approval, study, roster = approved.approval, approved.study, approved.roster
    name = study.name
    if (approved.folder / _REVOKED).exists():
        raise _not_approved(f"{name}: its approval was revoked; to take part, approve it anew")
    try:
        identity.verify(public_key, PURPOSE, _content(approval), approval.signature, approval.site)
        roster.check(study)
    except MrfedError as error:
        raise _not_approved(f"{name}: the approval was changed after it was signed ({error.text})") from error
    if approval.patients != _of_patients(approved.folder):
        raise _not_approved(f"{name}: its list of patients was changed after approval; approve the study anew")
    if study.digest != approval.study or study.digest != digest or roster.digest != approval.roster:
        raise _not_approved(f"{name}: the study or the roster was changed after approval; approve it anew")
    if approval.contract != registry.VERSION or approval.code != code_hash():
        raise _not_approved(f"{name}: the installed program is not the one that was approved; approve it anew")
    if study.governance.expires < today.date():
        raise _not_approved(f"{name}: its agreement ended on {study.governance.expires}; approve a renewed study")
    return approved


def latest(workspace: Path, digest: str) -> Approved | None:
    """The last approval of a study, whether it is in force or not; None where there is none.

    Raises
    ------
    MrfedError (`STUDY_NOT_APPROVED`) where its files are damaged.
    """
    serials = _serials(workspace, digest)
    if not serials:
        return None
    folder = _folder(workspace, digest) / str(serials[-1])
    return Approved(
        approval=_read(folder / _APPROVAL, Approval),
        study=_read(folder / _STUDY, Study),
        roster=_read(folder / _ROSTER, Roster),
        withdrawn=withdrawal.withdrawn(folder),
        reviewed=Reviewed.kept(folder),
        folder=folder,
    )


def matching(workspace: Path, start: str) -> Approved:
    """The last approval of the study whose digest starts so.

    Raises
    ------
    MrfedError (`STUDY_NOT_APPROVED`) where none or several do.
    """
    digests = [folder.name for folder in (workspace / "approvals").glob("*") if folder.name.startswith(start)]
    if len(digests) > 1:
        raise _not_approved(
            f"{len(digests)} approved studies have a digest that starts with {start!r}; give more of it"
        )
    approved = latest(workspace, digests[0]) if digests else None
    if approved is None:
        raise _not_approved(f"no approved study has a digest that starts with {start!r}; mrfed-site status lists them")
    return approved


def coordinators(workspace: Path) -> frozenset[str]:
    """Identities of all coordinators of whom a study was approved here, in hexadecimal."""
    folders = (workspace / "approvals").glob("*")
    return frozenset(approved.roster.coordinator for folder in folders if (approved := latest(workspace, folder.name)))


def last_version(workspace: Path, name: str) -> Approved | None:
    """The approval that was given last to any version of the study called `name`; None where there is none."""
    folders = (workspace / "approvals").glob("*")
    approvals = [
        approved for folder in folders if (approved := latest(workspace, folder.name)) and approved.study.name == name
    ]
    return max(approvals, key=lambda approved: approved.approval.time, default=None)


def revoke(workspace: Path, digest: str, log: AuditLog) -> None:
    """Take an approval back; from now on every question of that study is refused.

    Raises
    ------
    MrfedError (`STUDY_NOT_APPROVED`) where there is none.
    """
    approved = latest(workspace, digest)
    if approved is None:
        raise _not_approved(f"study {digest[:12]!r} is not approved here; there is nothing to revoke")
    durable_file.write(approved.folder / _REVOKED, b"")
    log.append(Event.REVOCATION, {"name": approved.study.name, "study": digest, "serial": approved.approval.serial})


def _folder(workspace: Path, digest: str) -> Path:
    return workspace / "approvals" / digest


def _serials(workspace: Path, digest: str) -> list[int]:
    """Serial numbers of the finished approvals of a study. A digest from outside names no other folder."""
    if not (len(digest) == 64 and digest.isalnum()):
        return []
    return sorted(int(path.parent.name) for path in _folder(workspace, digest).glob(f"*/{_APPROVAL}"))


def _of_patients(folder: Path) -> str:
    """Hash of what an approval keeps about single patients."""
    paths = (folder / withdrawal.FILE, folder / _REVIEWED)
    return hashlib.sha256(b"\0".join(path.read_bytes() if path.exists() else b"" for path in paths)).hexdigest()


def _content(approval: Approval) -> dict[str, object]:
    return approval.model_dump(mode="json", exclude={"signature"})


def _read(path: Path, model: type[Model]) -> Model:
    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise _not_approved(f"{path}: was changed after approval; approve the study anew") from error


def _not_approved(text: str) -> MrfedError:
    return MrfedError(Code.STUDY_NOT_APPROVED, text)
