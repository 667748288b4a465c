"""The sites' public masking keys, each signed by the identity that the roster names.

Without the signatures a coordinator that passes the keys on could put its own in a site's place and take the
masks off what is meant for that site.
"""

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.federation.roster import HEX_KEY, Roster
from shared.sections.section import Section

PURPOSE = "masking key"


class MaskingKey(Section):
    """A site's X25519 public key for one run of one study, as it travels."""

    public_key: str = Field(pattern=HEX_KEY)
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


def announce(key: Ed25519PrivateKey, public_key: bytes, roster: Roster, *, run: str, site: str) -> MaskingKey:
    """Sign a site's public masking key.

    Parameters
    ----------
    key : the site's identity
    public_key : (32 bytes) X25519
    roster : as the site has approved it; with another order, key or coordinator the signature does not hold
    run, site : names of the run and the site that the key is for
    """
    signature = identity.sign(key, PURPOSE, _content(public_key.hex(), roster, run, site))
    return MaskingKey(public_key=public_key.hex(), signature=signature)


def verified(keys: Mapping[str, MaskingKey], sites: Sequence[str], roster: Roster, *, run: str) -> dict[str, bytes]:
    """Public keys of the sites that take part in a run, in the order of the roster, signatures checked.

    Parameters
    ----------
    keys : what the coordinator passed on, by site
    sites : sites that take part, all of them on the roster
    roster : the approved roster
    run : name of the run

    Raises
    ------
    MrfedError (`REFUSED`) where a key is missing, or not signed by the identity on the roster.
    """
    public = {}
    for site in sorted(set(sites), key=roster.place):
        if site not in keys:
            raise MrfedError(Code.REFUSED, f"{site}: its masking key is missing; ask the coordinator")
        content = _content(keys[site].public_key, roster, run, site)
        identity.verify(roster.members[roster.place(site)].identity, PURPOSE, content, keys[site].signature, site)
        public[site] = bytes.fromhex(keys[site].public_key)
    return public


def _content(public_key: str, roster: Roster, run: str, site: str) -> dict[str, str]:
    return {"public_key": public_key, "study": roster.study, "roster": roster.digest, "run": run, "site": site}
