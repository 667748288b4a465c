"""Images prepared while a study runs, in a process of its own that outlives the question which began it.

What the sites learn together (a standard histogram, habitats) decides how images become features, so a site may have
hours of work in the middle of a study. Flower's process waits a while, then says that the site is still preparing, and
the coordinator asks again. The work goes on meanwhile, patient by patient; whoever stops it loses the patients at work
only, and the next question begins it anew where it was.
"""

import fcntl
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from client.approval import approval
from client.exchange.run import Run
from client.site.keys import Trust
from client.site.site_file import Site
from shared.contract.schedule import schedule
from shared.errors import Code, MrfedError
from shared.files import document, durable_file
from shared.sections.section import Section
from shared.services.pace import Pace
from shared.step import Step

log = logging.getLogger(__name__)

WORK: Mapping[Step, Callable[[Run], object]] = MappingProxyType(
    {
        Step.NORMALIZE: lambda run: run.people,
        Step.VOXELS: lambda run: run.people and run.feature_tables,
        Step.INVENTORY: lambda run: run.table,
    }
)
"""What a step needs that may take long to make."""

LONGEST_WAIT_S = 60.0
"""How long one answer waits at most; less where the study's exchanges are shorter."""
_SHORTEST_LOOK_S, _LONGEST_LOOK_S = 0.05, 1.0
_BACKGROUND: ContextVar[bool] = ContextVar("background", default=False)


class Job(Section):
    """What is to be prepared: what a run needs for a step, all of it rebuilt from the disk."""

    site: Site
    study: str
    """Digest."""
    run: str
    step: Step


@contextmanager
def in_background() -> Iterator[None]:
    """Prepare in a process of its own whatever is needed within: somebody waits who must not wait too long."""
    before = _BACKGROUND.set(True)
    try:
        yield
    finally:
        _BACKGROUND.reset(before)


def require_prepared(run: Run, step: Step) -> None:
    """Begin what a step needs, unless somebody is at it, and wait a while for its end.

    Raises
    ------
    MrfedError (`PREPARING`) where it is not there in time, though work goes on; or why it cannot be made.
    """
    folder = run.folder / "preparing" / step
    if not _BACKGROUND.get() or step not in WORK or schedule(run.study).begins_with_features:
        return
    if not (folder / "done").exists():
        job = Job(site=run.site, study=run.study.digest, run=run.name, step=step)
        _wait(job, folder, min(LONGEST_WAIT_S, run.study.federation.deadline_s / 2))


def _wait(job: Job, folder: Path, seconds: float) -> None:
    _begin(job, folder)
    deadline, pace = time.monotonic() + seconds, Pace(_SHORTEST_LOOK_S, _LONGEST_LOOK_S)
    pace.note()
    while (held := _held(folder)) is None:
        if time.monotonic() > deadline:
            raise MrfedError(
                Code.PREPARING,
                f"site {job.site.name}: images are still being prepared, patient by patient; nothing needs to be done. "
                f"{folder / 'log.txt'} tells of patients that are left out",
            )
        pace.wait()
    held.close()
    failed = folder / "failed.json"
    if failed.exists():
        content = json.loads(failed.read_bytes())
        raise MrfedError(Code(content["code"]), content["text"])
    if not (folder / "done").exists():
        raise MrfedError(
            Code.PREPARING,
            f"site {job.site.name}: the process that prepared images was ended; the next question begins it anew where "
            f"it was. {folder / 'log.txt'} may say why",
        )


def _begin(job: Job, folder: Path) -> subprocess.Popen[bytes] | None:
    """Begin the work in a process that no end of this one takes along; None where somebody is at it."""
    held = _held(folder)
    if held is None:
        return None
    (folder / "failed.json").unlink(missing_ok=True)
    durable_file.write(folder / "job.json", document.canonical(job))
    with held, (folder / "log.txt").open("ab") as log_file:
        return subprocess.Popen(  # noqa: S603 (this program itself)
            [sys.executable, "-m", "client.exchange.background", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            start_new_session=True,
            pass_fds=(held.fileno(),),  # with it the lock passes on, and is free again when that process has ended
        )


def _held(folder: Path) -> BinaryIO | None:
    """The lock on a job; None where somebody has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (folder / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def main(folder: Path) -> None:
    """Do the job in a folder, and keep that it is done, or why it failed. Whoever began this has passed the lock on."""
    try:
        job = Job.model_validate_json((folder / "job.json").read_bytes())
        public_key = Trust(job.site).public_key
        approved = approval.find(job.site.workspace, job.study, public_key, datetime.now(tz=UTC))
        WORK[job.step](Run(job.site, approved, job.run))
    except MrfedError as error:
        failed = {"code": error.code, "text": error.text}
    except Exception as error:
        log.exception("preparing ended")
        text = f"preparing images ended with {type(error).__name__}; {folder / 'log.txt'} has the whole of it"
        failed = {"code": Code.INTERNAL, "text": text}
    else:
        durable_file.write(folder / "done", b"")
        return
    durable_file.write(folder / "failed.json", document.canonical(failed))


if __name__ == "__main__":
    os.nice(5)  # a hospital's machine has other things to do
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
