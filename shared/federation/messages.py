"""The two messages of the system, a question and its answer, and how they travel inside Flower's records."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flwr.app import ConfigRecord, RecordDict

from shared import arrays as files
from shared import plain_text
from shared.arrays import Array, Arrays
from shared.errors import Code, MrfedError
from shared.federation.receipt import Head
from shared.files import document, foreign_json
from shared.sections.federation import SITE_NAME

OK = "ok"

MOST_SITES = 1000
_SITE = re.compile(SITE_NAME)
_NAME, _STEP = re.compile(r"[0-9a-zA-Z-]{1,64}"), re.compile(r"[0-9a-z._-]{0,64}")
"""Of a study or a run, and of an exchange: they stand in logs, whoever asks."""

NUMBERS = "biuf"
"""NumPy's letters of the kinds of numbers that travel; words travel in a message's head."""

PIECE_BYTES = 4 << 20
"""A message travels as bytes in pieces of this size. Flower moves every array of a record as objects of their own,
by a request for each, and requests are what an exchange on a network costs."""


def _to_records(head: Mapping[str, object], arrays: Arrays) -> RecordDict:
    content = files.to_bytes({"": np.frombuffer(document.canonical(head), np.uint8), **arrays})
    pieces = (content[start : start + PIECE_BYTES] for start in range(0, len(content), PIECE_BYTES))
    return RecordDict({str(index): ConfigRecord({"bytes": piece}) for index, piece in enumerate(pieces)})


def _from_records(records: RecordDict, parts: frozenset[str]) -> tuple[dict[str, object], dict[str, Array]]:
    """Head and arrays of a message whose head has these parts and no other: what nobody reads, nobody may bring."""
    try:
        if any(set(record) != {"bytes"} for record in records.values()):
            raise ValueError
        content = b"".join(records[str(index)]["bytes"] for index in range(len(records)))
        arrays = files.from_bytes(content, NUMBERS)
        head = foreign_json.loads(arrays.pop("").tobytes())
        plain_text.require(head)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MrfedError(
            Code.REFUSED, "a message is not of mrfed's form; check that both sides run one version"
        ) from error
    if not isinstance(head, dict) or set(head) != parts or any(not plain_text.is_plain(name) for name in arrays):
        raise MrfedError(Code.REFUSED, "a message's head has other parts; check that both sides run one version")
    return head, arrays


@dataclass(frozen=True)
class Question:
    """What the coordinator asks every site in one exchange.

    Parameters
    ----------
    study : digest of the study
    run : name of this run of it
    step : name of the exchange
    after : name of the exchange before, whose totals this brings; empty in the first
    roster : sites that take part, in order; empty before enrolment
    texts : agreed words
    arrays : decoded totals of the exchange before
    """

    study: str
    run: str
    step: str
    after: str = ""
    roster: tuple[str, ...] = ()
    texts: Mapping[str, object] = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says, in hexadecimal; masks are bound to it."""
        digest = hashlib.sha256(document.canonical(self._head()))
        for name, value in sorted(self.arrays.items()):
            digest.update(document.canonical([name, value.dtype.str, list(value.shape)]))
            digest.update(np.asarray(value, order="C").tobytes())
        return digest.hexdigest()

    def _head(self) -> dict[str, object]:
        head = {name: getattr(self, name) for name in ("study", "run", "step", "after", "texts")}
        return {**head, "roster": list(self.roster)}

    def to_records(self) -> RecordDict:
        """Flower's form."""
        return _to_records(self._head(), self.arrays)

    @classmethod
    def from_records(cls, records: RecordDict) -> "Question":
        """Read Flower's form.

        Raises
        ------
        MrfedError (`REFUSED`) where the message has another form.
        """
        head, arrays = _from_records(records, frozenset(("study", "run", "step", "after", "roster", "texts")))
        try:
            roster = head["roster"]
            named = (_NAME, head["study"]), (_NAME, head["run"]), (_STEP, head["step"]), (_STEP, head["after"])
            if any(form.fullmatch(name) is None for form, name in named):  # type: ignore[call-overload]
                raise ValueError("a name")
            if not isinstance(head["texts"], dict):
                raise TypeError("texts")
            if not isinstance(roster, list) or len(roster) > MOST_SITES or not all(map(_SITE.fullmatch, roster)):
                raise ValueError("roster")
            return cls(
                study=str(head["study"]),
                run=str(head["run"]),
                step=str(head["step"]),
                after=str(head["after"]),
                roster=tuple(roster),
                texts=dict(head["texts"]),
                arrays=arrays,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MrfedError(Code.REFUSED, "a question lacks a part; check that both sides run one version") from error


@dataclass(frozen=True)
class Answer:
    """What one site says in one exchange.

    Parameters
    ----------
    step : name of the exchange
    code : `ok`, or why there is no answer; never a text, which might name a patient
    texts : words of the contract
    arrays : arrays of the contract; masked ones as rows of two 64-bit limbs
    head : how far the site's audit log has come; None where the site could not write it
    """

    step: str
    code: str = OK
    texts: Mapping[str, object] = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)
    head: Head | None = None

    def to_bytes(self) -> bytes:
        """What the ledger keeps: everything but the head."""
        head = {"step": self.step, "code": self.code, "texts": self.texts}
        return files.to_bytes({"": np.frombuffer(document.canonical(head), np.uint8), **self.arrays})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Answer":
        """Undo `to_bytes`."""
        arrays = files.from_bytes(content, NUMBERS)
        head: Any = foreign_json.loads(arrays.pop("").tobytes())
        return cls(head["step"], head["code"], head["texts"], arrays)

    def to_records(self) -> RecordDict:
        """Flower's form."""
        head = self.head.model_dump() if self.head is not None else None
        return _to_records({"step": self.step, "code": self.code, "texts": self.texts, "head": head}, self.arrays)

    @classmethod
    def from_records(cls, records: RecordDict) -> "Answer":
        """Read Flower's form.

        Raises
        ------
        MrfedError (`REFUSED`) where the message has another form.
        """
        head, arrays = _from_records(records, frozenset(("step", "code", "texts", "head")))
        try:
            log = Head.model_validate(head["head"]) if head["head"] is not None else None
            return cls(str(head["step"]), str(head["code"]), dict(head["texts"]), arrays, log)  # type: ignore[call-overload]
        except (KeyError, TypeError, ValueError) as error:
            raise MrfedError(Code.REFUSED, "an answer lacks a part; check that both sides run one version") from error
