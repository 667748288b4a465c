"""The coordinator's record of a run: every complete exchange, on disk. To resume a run is to read it again."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from shared import arrays as files
from shared.arrays import Array, Arrays
from shared.errors import Code, MrfedError
from shared.federation.receipt import Receipt
from shared.files import document, durable_file


@dataclass(frozen=True)
class Exchange:
    """One question to all sites and what came back.

    Parameters
    ----------
    step : name of the exchange
    totals : decoded sums over the sites
    clear : for each site, what it sent in the clear
    texts : for each site, the texts of its answer
    seconds : from the first byte out to the last byte in
    sent, received : bytes of arrays to and from each site
    failed : code of every site that was left out in this exchange
    receipts : of each site, the coordinator's countersignature of how far its audit log had come
    outvoted : sites that robust sums left out
    apart : sites whose sums are unlike the others', where sums of single sites are compared
    """

    step: str
    totals: Arrays
    clear: Mapping[str, Arrays]
    texts: Mapping[str, Mapping[str, Any]]
    seconds: float
    sent: int
    received: Mapping[str, int]
    failed: Mapping[str, str]
    receipts: Mapping[str, Mapping[str, Any]]
    outvoted: Sequence[str] = ()
    apart: Sequence[str] = ()


class Journal:
    """Exchanges of one run, in order.

    Parameters
    ----------
    folder : holds them, one file each
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def begun(self) -> bool:
        """Whether an exchange has been kept."""
        return any(self.folder.glob("*.npz"))

    def run(self) -> str:
        """Name of the run, drawn at random on first use; masks are bound to it."""
        path = self.folder / "run"
        if not path.exists():
            durable_file.write(path, secrets.token_hex(8).encode())
        return path.read_text()

    def require(self, study: str) -> None:
        """Make sure that this is the journal of a study, or make it so where it is new.

        Parameters
        ----------
        study : the study's digest

        Raises
        ------
        MrfedError (`REFUSED`) where the exchanges are those of another study, or of another version.
        """
        path = self.folder / "study"
        if not path.exists():
            durable_file.write(path, study.encode())
        elif path.read_text() != study:
            raise MrfedError(
                Code.REFUSED, f"{self.folder}: has the exchanges of another study or version; name another folder"
            )

    def find(self, step: str) -> Exchange | None:
        """The exchange of that name, where it has been kept."""
        path = self._path(step)
        return _read(path) if path.exists() else None

    def keep(self, exchange: Exchange) -> None:
        """Write an exchange, whole or not at all."""
        files.save(self._path(exchange.step), _pack(exchange))

    def answered(self, step: str) -> tuple[str, ...] | None:
        """The set of sites over which the sums of an exchange were to be decoded; None where there is none yet."""
        path = self.folder / f"{step}.answered.json"
        return tuple(json.loads(path.read_bytes())) if path.exists() else None

    def keep_answered(self, step: str, sites: Sequence[str]) -> None:
        """Write that set down, before any site is asked to sign it: none signs another."""
        durable_file.write(self.folder / f"{step}.answered.json", document.canonical(list(sites)))

    def receipts(self, site: str) -> tuple[Receipt, ...]:
        """Countersignatures of a site's audit log in all exchanges, from its shortest to its longest."""
        by_step = (_read(path).receipts.get(site) for path in self.folder.glob("*.npz"))
        receipts = [Receipt.model_validate(content) for content in by_step if content]
        return tuple(sorted(receipts, key=lambda receipt: receipt.head.entries))

    def _path(self, step: str) -> Path:
        return self.folder / f"{step}.npz"


def _read(path: Path) -> Exchange:
    """A kept exchange.

    Raises
    ------
    MrfedError (`DATA_UNREADABLE`) where the file was damaged.
    """
    try:
        return _unpack(files.load(path))
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"{path}: this exchange is damaged; remove the file and give the same command again: the sites repeat "
            "their answers",
        ) from error


def _pack(exchange: Exchange) -> dict[str, Array]:
    head = {**asdict(exchange), "totals": None, "clear": sorted(exchange.clear)}
    packed = {f"totals/{name}": value for name, value in exchange.totals.items()}
    for site, arrays in exchange.clear.items():
        packed |= {f"clear/{site}/{name}": value for name, value in arrays.items()}
    return {"head": np.frombuffer(document.canonical(head), dtype=np.uint8), **packed}


def _unpack(packed: dict[str, Array]) -> Exchange:
    head = json.loads(packed.pop("head").tobytes())
    clear: dict[str, dict[str, Array]] = {site: {} for site in head["clear"]}
    totals = {}
    for path, value in packed.items():
        kind, *where = path.split("/")
        if kind == "totals":
            totals["/".join(where)] = value
        else:
            clear[where[0]]["/".join(where[1:])] = value
    return Exchange(**{**head, "totals": totals, "clear": clear})
