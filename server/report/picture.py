"""Pictures of simulated patients in a report; of a real patient none exists outside her hospital."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import Code, MrfedError
from shared.results.result import Result


@dataclass(frozen=True)
class Picture:
    """A picture that whoever simulates the patients has drawn; no answer of a site can carry one.

    Parameters
    ----------
    caption : what it shows
    png : the file
    """

    caption: str
    png: bytes

    @property
    def address(self) -> str:
        """The picture as an address that needs no other file."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def require_simulated(result: Result, pictures: Sequence[Picture]) -> None:
    """Refuse pictures in a report about real patients.

    Raises
    ------
    MrfedError (`REFUSED`).
    """
    if pictures and result.study.question.patients != "simulated":
        raise MrfedError(Code.REFUSED, f"{result.study.name}: no picture of a real patient enters a report")
