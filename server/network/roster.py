"""Who is admitted: each site, its node, and the fingerprint that was compared when it was let in.

Flower shows every registered node to every run. A node that is not in the roster is asked nothing, and a site
is who the roster says its node is, whatever it answers.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from shared import document
from shared.errors import Code
from shared.sections.section import Section


class Member(Section):
    """A site's node."""

    node: int = Field(ge=1)
    """Flower's number of the node."""
    fingerprint: str
    """SHA-256 of the node's public key, as `ssh-keygen -lf` prints it."""


class Roster(Section):
    """The admitted sites."""

    sites: dict[str, Member] = Field(default_factory=dict)

    @property
    def nodes(self) -> Mapping[str, int]:
        """Node of each site."""
        return {site: member.node for site, member in self.sites.items()}

    def admit(self, site: str, member: Member) -> "Roster":
        """The roster with a site more, or with its new node."""
        return Roster(sites={**self.sites, site: member})


def load(path: Path) -> Roster:
    """Read the roster; empty where nobody has been admitted yet.

    Raises
    ------
    MrfedError if the file is damaged.
    """
    return document.load(path, Roster, Code.COORDINATOR_INVALID) if path.exists() else Roster()


def save(roster: Roster, path: Path) -> None:
    """Write the roster; a reader sees the old one or the new one."""
    partial = path.with_suffix(".partial")
    partial.write_text(roster.model_dump_json(indent=1) + "\n")
    os.replace(partial, path)
