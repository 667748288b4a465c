"""Agreement on who has answered, before any site discloses the keys of its own mask.

A coordinator that named one set of sites to one site and another set to the rest would collect the keys that unmask a
single answer. So every member of the set signs it, once for a step, and a site discloses its keys only when all of them
have signed the same set. More than half of the sites must be in it: two such sets would share a member, and no
member signs twice (Bonawitz et al., CCS 2017, the consistency check of the protocol against active adversaries).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.errors import Code, MrfedError
from shared.federation import dropout, identity
from shared.federation.masking import Binding
from shared.federation.roster import Roster

PURPOSE = "set of sites that answered"


def agree(key: Ed25519PrivateKey, binding: Binding, answered: Sequence[str]) -> str:
    """Sign the set of sites that answered; the caller makes sure (`client.exchange.ledger`) to sign one set for a step.

    Parameters
    ----------
    key : the site's identity
    binding : the answer that the set is about
    answered : the sites, in any order
    """
    return identity.sign(key, PURPOSE, _content(binding, answered))


def require_agreement(
    signatures: Mapping[str, str],
    binding: Binding,
    answered: Sequence[str],
    sites: Sequence[str],
    roster: Roster,
    minimum_sites: int,
) -> None:
    """Make sure that every member of the set has signed it, and that no other set can be signed as well.

    Parameters
    ----------
    signatures : of each site of the set
    binding, answered : as in `agree`
    sites : all sites that were asked
    roster : the approved roster
    minimum_sites : least number of sites over which a sum may be decoded

    Raises
    ------
    MrfedError (`REFUSED`) where a signature is missing or of another set, or the set is too small.
    """
    least = dropout.least(len(sites), minimum_sites)
    members = set(answered)
    if len(members) < least or not members <= set(sites):
        raise MrfedError(
            Code.REFUSED,
            f"{binding.step}: {len(members)} of {len(sites)} sites answered; keys are disclosed for {least} or more",
        )
    for site in answered:
        if site not in signatures:
            raise MrfedError(Code.REFUSED, f"{binding.step}: {site} has not agreed on the set of sites that answered")
        member = roster.members[roster.place(site)]
        identity.verify(member.identity, PURPOSE, _content(binding, answered), signatures[site], site)


def _content(binding: Binding, answered: Sequence[str]) -> dict[str, object]:
    return {"binding": asdict(binding), "answered": sorted(answered)}
