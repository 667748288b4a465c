"""The studies that this site has approved, by digest. A study is read from here, never from a message."""

import datetime
from pathlib import Path

from shared import document, durable_file
from shared.errors import Code, MrfedError
from shared.study import Study


def _path(workspace: Path, digest: str) -> Path:
    return workspace / "approved" / f"{digest}.json"


def approve(workspace: Path, study: Study) -> None:
    """Keep a study as approved."""
    durable_file.write(_path(workspace, study.digest), document.canonical(study))


def find(workspace: Path, digest: str) -> Study:
    """The approved study of that digest.

    Raises
    ------
    MrfedError where the site has not approved it, or its time is over.
    """
    # A digest from outside becomes part of a path only if it is one.
    known = {path.stem: path for path in (workspace / "approved").glob("*.json")}
    if digest not in known:
        raise MrfedError(
            Code.STUDY_NOT_APPROVED,
            f"study {digest[:12]} is not approved here; read it and run mrfed-site approve study.yaml",
        )
    study = Study.model_validate_json(known[digest].read_bytes())
    if study.digest != digest:
        raise MrfedError(Code.STUDY_NOT_APPROVED, f"{known[digest]}: was changed after approval; approve it anew")
    if study.governance.expires < datetime.datetime.now(tz=datetime.UTC).date():
        raise MrfedError(
            Code.STUDY_NOT_APPROVED,
            f"study {study.name}: its data-use agreement ended on {study.governance.expires}; renew it and "
            "approve the study anew",
        )
    return study
