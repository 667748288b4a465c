"""The roster of a study: which identities take part, in which order, signed by the coordinator.

The coordinator gives `roster.yaml` to every site beside the study. A site's approval signs it; afterwards
neither a site nor a key can be exchanged, added or dropped.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, model_validator

from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.files import document, durable_file
from shared.sections.federation import SITE_NAME
from shared.sections.section import Section
from shared.study.study import Study

PURPOSE = "roster"
HEX_KEY = r"^[0-9a-f]{64}$"


class Member(Section):
    """One site of a study."""

    site: str = Field(pattern=SITE_NAME)
    identity: str = Field(pattern=HEX_KEY)
    """Public half of the site's identity key, in hexadecimal."""


class Roster(Section):
    """Everyone who takes part in one study."""

    study: str = Field(pattern=HEX_KEY)
    """Digest of the study."""
    coordinator: str = Field(pattern=HEX_KEY)
    """Public half of the coordinator's identity key."""
    members: tuple[Member, ...] = Field(min_length=1)
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")
    """The coordinator's, over all of the above."""

    @property
    def digest(self) -> str:
        """SHA-256 of the roster, in hexadecimal."""
        return document.digest(self)

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the sites, in order."""
        return tuple(member.site for member in self.members)

    def place(self, site: str) -> int:
        """Index of a site among the members.

        Raises
        ------
        MrfedError (`REFUSED`) where the site is not on the roster.
        """
        if site not in self.sites:
            raise MrfedError(Code.REFUSED, f"{site}: not on the roster of this study; ask the coordinator")
        return self.sites.index(site)

    def check(self, study: Study) -> None:
        """Hold the roster against the study it belongs to, and against its signature.

        Raises
        ------
        MrfedError (`REFUSED`) where it is of another study, names other sites, or is not signed.
        """
        if self.study != study.digest:
            raise MrfedError(
                Code.REFUSED,
                f"{study.name}: the roster is of another study or version; ask the coordinator for its own",
            )
        if set(self.sites) != set(study.federation.sites):
            raise MrfedError(
                Code.REFUSED,
                f"{study.name}: the roster names other sites than the study; ask the coordinator for another",
            )
        identity.verify(self.coordinator, PURPOSE, _content(self), self.signature, "coordinator")

    @model_validator(mode="after")
    def _distinct(self) -> "Roster":
        if len(set(self.sites)) != len(self.sites):
            raise ValueError("a site is named twice")
        keys = {member.identity for member in self.members}
        if len(keys) != len(self.members) or self.coordinator in keys:
            raise ValueError("two members share one identity key")
        return self


def issue(study: Study, identities: dict[str, str], key: Ed25519PrivateKey) -> Roster:
    """Make and sign the roster of a study.

    Parameters
    ----------
    study : the study
    identities : public identity key of every site of the study, in hexadecimal
    key : the coordinator's identity
    """
    members = tuple(Member(site=site, identity=identities[site]) for site in study.federation.sites)
    unsigned = Roster(study=study.digest, coordinator=identity.public_hex(key), members=members, signature="0" * 128)
    return unsigned.model_copy(update={"signature": identity.sign(key, PURPOSE, _content(unsigned))})


def load(path: Path) -> Roster:
    """Read a roster.

    Raises
    ------
    MrfedError with file, line and remedy.
    """
    return document.load(path, Roster, Code.STUDY_INVALID)


def save(roster: Roster, path: Path) -> None:
    """Write a roster as YAML."""
    durable_file.write(path, document.readable(roster).encode(), 0o644)


def _content(roster: Roster) -> dict[str, object]:
    return roster.model_dump(mode="json", exclude={"signature"})
