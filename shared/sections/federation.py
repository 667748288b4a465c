"""Who takes part, and what happens when somebody is missing."""

from pydantic import Field

from shared.sections.section import Section


class Federation(Section):
    """Sites, quorum and patience."""

    sites: tuple[str, ...] = Field(min_length=1)
    quorum: int = Field(default=3, ge=1)
    """Fewest sites with which the study starts."""
    deadline_s: float = Field(default=600, gt=0)
    """How long one exchange waits for its slowest site."""
