"""Who is admitted: each site's identity, and its node.

Flower shows every registered node to every run. A node that is not admitted is asked nothing, and a site is
who admission says its node is, whatever it answers.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from shared.errors import Code
from shared.federation.introduction import HEX_KEY
from shared.files import document, durable_file
from shared.sections.section import Section


class Member(Section):
    """An admitted site."""

    of_lines: ClassVar[frozenset[str]] = frozenset({"certificate"})

    identity: str = Field(pattern=HEX_KEY)
    """Public half of its identity, in hexadecimal."""
    node: int = Field(ge=1)
    """Flower's number of its node."""
    certificate: str = ""
    """Of the node, PEM: the proxy lets in whoever shows one of these. Empty where an older mrfed admitted the site; it
    then has to be admitted anew."""


class Admitted(Section):
    """The admitted sites, by name."""

    sites: dict[str, Member] = Field(default_factory=dict)

    @property
    def nodes(self) -> Mapping[str, int]:
        """Node of each site."""
        return {site: member.node for site, member in self.sites.items()}

    def with_member(self, site: str, member: Member) -> "Admitted":
        """With a site more, or with its new identity."""
        return Admitted(sites={**self.sites, site: member})


def load(path: Path) -> Admitted:
    """Read who is admitted; nobody where nobody has been yet.

    Raises
    ------
    MrfedError if the file is damaged.
    """
    return document.load(path, Admitted, Code.COORDINATOR_INVALID) if path.exists() else Admitted()


def save(admitted: Admitted, path: Path) -> None:
    """Write who is admitted."""
    durable_file.write(path, admitted.model_dump_json(indent=1).encode() + b"\n")
