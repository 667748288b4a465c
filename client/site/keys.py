"""The site's own means of trust: its identity, its audit log and its policy, from its workspace and site file."""

from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.site.audit_log import AuditLog
from client.site.site_file import Site
from shared.federation import identity


@dataclass(frozen=True)
class Trust:
    """What a site signs with, and where it writes down what it does.

    Parameters
    ----------
    site : the site
    """

    site: Site

    @cached_property
    def key(self) -> Ed25519PrivateKey:
        """Private half of the site's identity; `mrfed-site init` makes it."""
        return identity.load(self.site.identity_key)

    @cached_property
    def public_key(self) -> str:
        """Public half, in hexadecimal; the roster of a study names the site by it."""
        return identity.public_hex(self.key)

    @property
    def log(self) -> AuditLog:
        """The audit log."""
        return AuditLog(self.site.audit_log, self.site.name, self.key)
