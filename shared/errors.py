"""Errors that a person can act on, and the codes under which they may leave a site.

An error has a *code*, which may travel, and a *text*, which may not: the text names the patient or the file
and stays in the site's log.
"""

from enum import StrEnum

from shared import plain_text


class Code(StrEnum):
    """What went wrong, in a word that identifies nobody."""

    STUDY_INVALID = "study-invalid"
    STUDY_NOT_APPROVED = "study-not-approved"
    SITE_INVALID = "site-invalid"
    SCENARIO_INVALID = "scenario-invalid"
    COORDINATOR_INVALID = "coordinator-invalid"
    SETTINGS_DIFFER = "settings-differ"
    DATA_MISSING = "data-missing"
    DATA_UNREADABLE = "data-unreadable"
    DATA_INCONSISTENT = "data-inconsistent"
    LABEL_MISSING = "label-missing"
    LABEL_UNKNOWN = "label-unknown"
    TOO_FEW_PATIENTS = "too-few-patients"
    ONE_CLASS = "one-class"
    NOT_IN_CONTRACT = "not-in-contract"
    REFUSED = "refused"
    QUORUM = "quorum"
    NO_ANSWER = "no-answer"
    PREPARING = "preparing"
    """Images are still being prepared: the same question may be asked again."""
    UNREACHABLE = "unreachable"
    PROCESS = "process"
    NOT_CONVERGED = "not-converged"
    OUT_OF_MEMORY = "out-of-memory"
    BUDGET_SPENT = "budget-spent"
    INTERNAL = "internal"


def printable(text: str) -> str:
    """A text that any terminal and log takes: what does not show is written out, but for the line break."""
    return plain_text.visible(text, kept="\n")


class MrfedError(Exception):
    """An error with a code that may leave a site and a text that may not.

    Parameters
    ----------
    code : what went wrong, for the other side
    text : what, where and what to do, on one line a fault, for the log of this side; characters that do not show (in a
        file's name, in a table's cell) are written out
    """

    def __init__(self, code: Code, text: str) -> None:
        text = printable(text)
        super().__init__(text)
        self.code = code
        self.text = text
