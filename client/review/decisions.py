"""What stands after everything that people said: who is rejected, and the readers' variables.

A study keeps what stood when it was approved: whoever could change it later would let the difference of two sums tell
about one patient.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from client.review.form import FORM, PREFIX
from client.review.journal import Decision, Journal, Reading, Verdict
from shared.files import document, durable_file

FILE = "reviewed.json"


@dataclass(frozen=True)
class Reviewed:
    """What stands for one study.

    Parameters
    ----------
    rejected : patients whose images were rejected
    variables : patient -> what the readers scored, `reader.NAME` -> value
    """

    rejected: frozenset[str] = frozenset()
    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def join(self, clinical: pd.DataFrame) -> pd.DataFrame:
        """A clinical table with the readers' variables as further columns; those that it has itself stay.

        Parameters
        ----------
        clinical : indexed by patient
        """
        columns = {
            name: [self.variables.get(patient, {}).get(name) for patient in clinical.index]
            for name in (PREFIX + item.name for item in FORM)
            if name not in clinical
        }
        return pd.concat([clinical, pd.DataFrame(columns, clinical.index, dtype=object)], axis=1)

    def keep(self, folder: Path) -> bytes:
        """Write it into the folder of an approval, with a salt so that its hash tells nobody who is in it."""
        content = document.canonical(
            {
                "rejected": sorted(self.rejected),
                "variables": {patient: dict(own) for patient, own in self.variables.items()},
                "salt": secrets.token_hex(16),
            }
        )
        durable_file.write(folder / FILE, content)
        return content

    @classmethod
    def kept(cls, folder: Path) -> "Reviewed":
        """What `keep` wrote; nothing where nothing was."""
        path = folder / FILE
        if not path.exists():
            return cls()
        content = json.loads(path.read_bytes())
        return cls(frozenset(content["rejected"]), content["variables"])


def reviewed(workspace: Path, study: str) -> Reviewed:
    """What stands now for a study.

    Parameters
    ----------
    workspace : the site's
    study : its name

    Raises
    ------
    MrfedError where the journal is damaged.
    """
    entries = Journal(workspace).entries()
    decisions = standing(entries, study)
    readings = [entry for entry in entries if isinstance(entry, Reading)]
    patients = sorted({reading.patient for reading in readings})
    return Reviewed(
        frozenset(patient for patient, decision in decisions.items() if decision.verdict is Verdict.REJECTED),
        {patient: variables for patient in patients if (variables := agreed(latest(readings, patient)))},
    )


def standing(entries: Iterable[Decision | Reading], study: str) -> dict[str, Decision]:
    """The decision that holds for each patient in a study: the last one about that study, or about all."""
    return {entry.patient: entry for entry in entries if isinstance(entry, Decision) and entry.study in (None, study)}


def latest(readings: Iterable[Reading], patient: str) -> dict[str, Reading]:
    """The last reading of each reader of one patient; the consensus is called `""`."""
    return {"" if reading.consensus else reading.reader: reading for reading in readings if reading.patient == patient}


def agreed(readings: Mapping[str, Reading]) -> dict[str, str]:
    """The readers' variables of one patient.

    The consensus, for what it answers; otherwise the answer of more than half of the readers who answered. Where
    there is none the variable is missing, until they agree.
    """
    consensus = readings[""].answers if "" in readings else {}
    variables = {}
    for item in FORM:
        given = [
            reading.answers[item.name] for name, reading in readings.items() if name and item.name in reading.answers
        ]
        value, votes = Counter(given).most_common(1)[0] if given else ("", 0)
        if item.name in consensus:
            variables[PREFIX + item.name] = consensus[item.name]
        elif 2 * votes > len(given):
            variables[PREFIX + item.name] = value
    return variables


def disputed(readings: Mapping[str, Reading]) -> tuple[str, ...]:
    """Items on which readers differ and no consensus was recorded."""
    consensus = readings[""].answers if "" in readings else {}
    return tuple(
        item.name
        for item in FORM
        if item.name not in consensus
        and len(
            {reading.answers[item.name] for name, reading in readings.items() if name and item.name in reading.answers}
        )
        > 1
    )
