"""A simulation owns all its sites: it makes their identities and approves a study for each of them."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.approval import approval
from client.site.keys import Trust
from client.site.site_file import Site
from shared.federation import identity, roster
from shared.privacy.policy import Policy, model_sentence, sentence, unblurred
from shared.study.study import Study

POLICY = Policy(
    minimum_patients=1,
    minimum_sites=1,
    patients_per_coefficient=0,
    masked_only=False,
    reason="the sites are simulated, or whoever runs this holds the data of all of them",
)
"""Nothing is hidden from somebody who owns everything."""


def coordinator_key(folder: Path) -> Ed25519PrivateKey:
    """The identity of a simulation's coordinator, made when first asked for."""
    path = folder / "identity.key"
    return identity.load(path) if path.exists() else identity.create(path)


def approve_everywhere(study: Study, sites: Sequence[Site], key: Ed25519PrivateKey, policy: Policy = POLICY) -> None:
    """Approve a study at every site, with the roster of exactly these sites.

    Parameters
    ----------
    study : what is asked
    sites : of the study, in any order
    key : the coordinator's identity
    policy : under which the sites take part
    """
    trusts = [Trust(site) for site in sites]
    for site in sites:
        if not site.identity_key.exists():
            identity.create(site.identity_key)
    # A site of the study that nobody plays still has a place on the roster, with an identity that nobody holds.
    identities = {name: identity.public_hex(Ed25519PrivateKey.generate()) for name in study.federation.sites}
    identities |= {trust.site.name: trust.public_key for trust in trusts}
    issued = roster.issue(study, identities, key)
    for trust in trusts:
        site = trust.site
        demanded = (sentence(site.name), unblurred(site.name), model_sentence(study, site.name))
        accepted = tuple(words for words in demanded if words is not None)
        approval.approve(site.workspace, study, issued, policy, accepted, trust.log)
