"""Who takes part, and what happens when somebody is missing."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.sections.section import Section

SITE_NAME = r"^[a-z0-9][a-z0-9-]{0,31}$"
"""A site's name wherever it stands: letters that look alike in other alphabets are not among them."""
YEAR_S = 31_622_400.0


class Dropout(StrEnum):
    """What happens when a site is lost after the study has begun."""

    WAIT = "wait"
    """The exchange waits for it until its deadline; then the study stops, and can be resumed."""
    CONTINUE = "continue"
    """The others go on, where the sums that were decoded before allow it (`shared.federation.dropout`). Every exchange
    of sums in which sites may be lost takes three questions instead of one."""


class Federation(Section):
    """Sites, quorum and patience."""

    sites: tuple[Annotated[str, Field(pattern=SITE_NAME)], ...] = Field(min_length=1)
    quorum: int = Field(default=3, ge=1)
    """Fewest sites with which the study starts."""
    deadline_s: float = Field(default=600, gt=0, le=YEAR_S)
    """How long one exchange waits for its slowest site."""
    preparing_s: float = Field(default=172_800, ge=0, le=YEAR_S)
    """How long an exchange goes on asking sites that are still preparing images; what they have done is never lost."""
    dropout: Dropout = Dropout.WAIT
    dishonest: int = Field(default=0, ge=0)
    """Sites that may send nonsense: with more than none, sums of training are taken over the sites that agree best
    (`server.robust_sums`), for which every site's own sums have to be readable by the coordinator."""
