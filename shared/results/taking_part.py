"""Who took part, what was exchanged, and what came between: the record of a run."""

from datetime import date

from pydantic import Field

from shared.contract.quantity import Way
from shared.results.part import Part


class Software(Part):
    """A package and its version."""

    name: str
    version: str


class Exclusion(Part):
    """Patients left out for one reason."""

    reason: str
    """A code of `shared.errors.Code` or of the site's exclusions."""
    patients: int | None


class Participant(Part):
    """A site that took part, in its own counts."""

    site: str
    patients: int
    classes: tuple[int | None, ...]
    """Patients of each class of the endpoint, in its order."""
    exclusions: tuple[Exclusion, ...]
    scanners: tuple[str, ...]
    settings: str
    """Hash of the settings under which the features were computed."""
    software: tuple[Software, ...]


class Traffic(Part):
    """What one site sent and received in one exchange."""

    site: str
    bytes_up: int
    bytes_down: int
    seconds: float


class Exchange(Part):
    """One question to all sites and their answers."""

    step: str
    seconds: float
    traffic: tuple[Traffic, ...]


class Departure(Part):
    """One quantity that left every site."""

    step: str
    quantity: str
    words: str
    way: Way | None
    """None for words (names, versions), which travel in the clear."""
    shape: tuple[int, ...]
    times: int
    """Number of exchanges in which it left."""


class LockedProtocol(Part):
    """The study as it was frozen before labels were used."""

    digest: str
    on: date


class Provenance(Part):
    """What a repetition needs."""

    run: str
    software: tuple[Software, ...]
    """At the coordinator."""
    audit_logs: dict[str, str] = Field(default_factory=dict)
    """Of each site that told it: digest of the last entry of its log."""
