"""Whom earlier studies were about: two whose patients differ by a few let those few be concluded.

The ledger holds within one approval. A second study over the same patients but one, with sums of the same features,
gives that one patient away by subtraction; so does the same study after one patient's outcome, or what a reader scored
of her, has changed. So a site keeps, for each approval under which anything was answered, which patients entered, with
which outcome and clinical variables, and holds every further study against it. The record is keyed hashes, and stays
here.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from client.cohort.table import Table
from client.site.pseudonym import Pseudonyms
from shared.errors import Code, MrfedError
from shared.files import durable_file

FILE = "patients.json"


@dataclass(frozen=True)
class Difference:
    """By whom a study differs from one that was answered here before.

    Parameters
    ----------
    study : name and version of the earlier study
    patients : how many entered one of the two only, with another outcome, or with another value of a variable of both
    """

    study: str
    patients: int


def record(workspace: Path, folder: Path, study: str, table: Table) -> None:
    """Keep who enters a study, before anything is said of them.

    Parameters
    ----------
    workspace : the site's
    folder : of the approval
    study : name and version, to speak of it later
    table : the site's patients

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) where others entered when the first question of this approval was answered: the
    totals of its exchanges would differ by them.
    """
    path, entered = folder / FILE, _entered(workspace, table)
    content = json.dumps({"study": study, "entered": entered}, sort_keys=True).encode()
    if not path.exists():
        durable_file.write(path, content)
    elif changed := _changed(json.loads(path.read_bytes())["entered"], entered):
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{study}: {changed} patients have come, gone or changed their outcome or a clinical variable since its "
            "first question; put the tables back as they were, or approve the study anew",
        )


def differences(workspace: Path, folder: Path | None, table: Table) -> tuple[Difference, ...]:
    """Hold a study's patients against those of every study that was answered here before.

    Parameters
    ----------
    workspace : the site's
    folder : of this study's approval, which is not held against itself; None before there is one
    table : the site's patients in this study

    Returns
    -------
    the studies whose patients are not exactly these
    """
    entered = _entered(workspace, table)
    differing = []
    for path in sorted((workspace / "approvals").glob(f"*/*/{FILE}")):
        answered = any((path.parent / "ledger").glob("*.answer"))
        if answered and path.parent != folder:
            earlier = json.loads(path.read_bytes())
            if changed := _changed(earlier["entered"], entered):
                differing.append(Difference(earlier["study"], changed))
    return tuple(differing)


def broken_rules(differing: Iterable[Difference], minimum: int, accepted: Iterable[str]) -> tuple[str, ...]:
    """What of it stands against a study.

    Parameters
    ----------
    differing : as `differences` gives
    minimum : least number of patients that may be concluded
    accepted : sentences that a person of the site has accepted
    """
    return tuple(
        f"its patients differ from those of {difference.study} by {difference.patients}, who could be concluded from "
        f'both; the minimum is {minimum}, and nobody here has accepted: "{sentence(difference)}"'
        for difference in differing
        if difference.patients < minimum and sentence(difference) not in set(accepted)
    )


def sentence(difference: Difference) -> str:
    """What a person writes out to accept that these patients can be concluded."""
    return f"the patients ({difference.patients}) by whom this study differs from {difference.study} can be concluded"


_Entered = Mapping[str, Mapping[str, str]]
"""Patient -> outcome and clinical variables -> value, all but the variables' names hashed."""
_OUTCOME = ""


def _entered(workspace: Path, table: Table) -> _Entered:
    hashed = Pseudonyms(workspace).of
    columns = {_OUTCOME: table.y.astype(float), **table.covariates}
    return {
        hashed(str(patient)): {name: hashed(f"{patient} {name}={own[row]}") for name, own in columns.items()}
        for row, patient in enumerate(table.patients)
    }


def _changed(before: _Entered, after: _Entered) -> int:
    return sum(_differ(before.get(patient), after.get(patient)) for patient in {*before, *after})


def _differ(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> bool:
    """Whether somebody entered once only, or with another value of what both studies ask for."""
    if before is None or after is None:
        return True
    return any(before[name] != after[name] for name in before.keys() & after.keys())
