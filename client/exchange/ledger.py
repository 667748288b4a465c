"""One question, one set of sites, one answer: what this site has said under one approval of a study.

Whoever could ask a step twice, of another set of sites or in other words, would decode the difference of two sums. So
the first answer to a step is on the disk before it leaves, a repetition of the question gets the same bytes, and
any other question for that step is refused, whatever has been killed or restarted in between.
"""

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.errors import Code, MrfedError
from shared.files import document, durable_file


@dataclass(frozen=True)
class Asked:
    """What identifies a question.

    Parameters
    ----------
    run : name of the run
    step : name of the exchange
    question : SHA-256 of the question's bytes, in hexadecimal
    roster : sites that take part, in order
    """

    run: str
    step: str
    question: str
    roster: tuple[str, ...]


class Ledger:
    """The answers given under one approval.

    Parameters
    ----------
    folder : where they lie, one file a step
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def answer(self, asked: Asked, compute: Callable[[], bytes]) -> bytes:
        """The one answer to a step: the kept one, or a new one that is kept before it is returned.

        Parameters
        ----------
        asked : the question
        compute : gives the answer's bytes; called only where the step has no answer yet, and never twice at once

        Raises
        ------
        MrfedError (`REFUSED`) where the step was answered to another question, run or set of sites.
        """
        with self._locked():
            kept = self.find(asked.step)
            if kept is None:
                content = compute()
                self._keep(asked, content)
                return content
        before, content = kept
        if before != asked:
            raise MrfedError(
                Code.REFUSED,
                f"step {asked.step} was answered in run {before.run} to {_difference(before, asked)}; two answers "
                "would reveal their difference. Resume that run, or approve the study anew",
            )
        return content

    def answered(self) -> tuple[Asked, ...]:
        """Every question that has been answered, by step."""
        return tuple(sorted(map(_question, self.folder.glob("*.answer")), key=lambda asked: asked.step))

    def find(self, step: str) -> tuple[Asked, bytes] | None:
        """What was asked in a step, and the answer's bytes; None where it was not answered."""
        path = self._path(step)
        return _read(path) if path.exists() else None

    def _path(self, step: str) -> Path:
        # A step's name comes from outside: its hash can name no other folder.
        return self.folder / f"{hashlib.sha256(step.encode()).hexdigest()[:32]}.answer"

    def _keep(self, asked: Asked, content: bytes) -> None:
        head = {**asdict(asked), "sha256": hashlib.sha256(content).hexdigest()}
        durable_file.write(self._path(asked.step), document.canonical(head) + b"\n" + content)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes of this site out: a step must not be computed twice."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _question(path: Path) -> Asked:
    with path.open("rb") as kept:
        return _head(path, kept.readline())[0]


def _read(path: Path) -> tuple[Asked, bytes]:
    first, _, content = path.read_bytes().partition(b"\n")
    asked, digest = _head(path, first)
    if digest != hashlib.sha256(content).hexdigest():
        raise _damaged(path)
    return asked, content


def _head(path: Path, line: bytes) -> tuple[Asked, str]:
    """The question of a kept answer, and the SHA-256 of what was answered."""
    try:
        head = json.loads(line)
        digest = head.pop("sha256")
        return Asked(**{**head, "roster": tuple(head["roster"])}), digest
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _damaged(path) from None


def _damaged(path: Path) -> MrfedError:
    words = f"{path}: a kept answer was damaged, and is not given again; restore the workspace from a copy"
    return MrfedError(Code.DATA_UNREADABLE, words)


def _difference(before: Asked, asked: Asked) -> str:
    if before.roster != asked.roster:
        return "another set of sites"
    return "another run" if before.run != asked.run else "another question"
