"""The signed roster, and the signed masking keys of those who are on it."""

import hashlib
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.errors import Code, MrfedError
from shared.federation import identity, masking_keys, roster
from shared.federation.roster import Member
from tests.least_study import least_study

SITES = ("north", "south", "west")


def key_of(name):
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


study = partial(least_study, SITES, privacy={"site_sums": "derivable"})


def issued():
    identities = {site: identity.public_hex(key_of(site)) for site in SITES}
    return roster.issue(study(), identities, key_of("coordinator"))


def test_an_issued_roster_survives_its_file(tmp_path):
    roster.save(issued(), tmp_path / "roster.yaml")
    loaded = roster.load(tmp_path / "roster.yaml")
    assert loaded == issued()
    assert loaded.sites == SITES
    assert loaded.place("west") == 2
    loaded.check(study())


@pytest.mark.parametrize(
    "change",
    [
        lambda good: {"members": good.members[::-1]},
        lambda good: {"members": (*good.members[:2], Member(site="west", identity="1" * 64))},
        lambda good: {"members": good.members[:2]},
        lambda good: {"members": (*good.members, Member(site="east", identity="1" * 64))},
        lambda good: {"coordinator": identity.public_hex(key_of("another"))},
        lambda good: {"study": study(version=2).digest},
    ],
    ids=["order", "key", "dropped", "added", "coordinator", "study"],
)
def test_a_changed_roster_is_refused(change):
    good = issued()
    with pytest.raises(MrfedError) as error:
        good.model_copy(update=change(good)).check(study())
    assert error.value.code is Code.REFUSED


def test_a_changed_study_is_refused():
    with pytest.raises(MrfedError, match="another study"):
        issued().check(study(training={"max_iterations": 99}))


def test_a_roster_with_a_name_or_key_twice_is_no_roster():
    good = issued().model_dump()
    north = good["members"][0]
    for members in ([north, {**north, "site": "south"}], [north, {**north, "identity": "2" * 64}]):
        with pytest.raises(ValueError, match=r"twice|share"):
            roster.Roster.model_validate({**good, "members": members})


def announced(site, run="run1", key=None, approved=None):
    public = hashlib.sha256(b"masking " + site.encode()).digest()
    return masking_keys.announce(key or key_of(site), public, approved or issued(), run=run, site=site)


def test_signed_masking_keys_come_in_the_order_of_the_roster():
    keys = {site: announced(site) for site in reversed(SITES)}
    public = masking_keys.verified(keys, ["west", "north"], issued(), run="run1")
    assert list(public) == ["north", "west"]
    assert public["west"] == hashlib.sha256(b"masking west").digest()


@pytest.mark.parametrize(
    "swapped",
    [
        announced("south", key=key_of("coordinator")),
        announced("south", run="run0"),
        announced("north"),
        announced("south", approved=issued().model_copy(update={"members": issued().members[::-1]})),
        announced("south").model_copy(update={"public_key": "3" * 64}),
    ],
    ids=["signed by the coordinator", "of another run", "of another site", "of another roster", "other key"],
)
def test_a_swapped_masking_key_is_refused(swapped):
    keys = {site: announced(site) for site in SITES} | {"south": swapped}
    with pytest.raises(MrfedError, match="south"):
        masking_keys.verified(keys, SITES, issued(), run="run1")


def test_strangers_and_missing_keys_are_refused():
    keys = {site: announced(site) for site in ("north", "south")}
    with pytest.raises(MrfedError, match="west: its masking key is missing"):
        masking_keys.verified(keys, SITES, issued(), run="run1")
    with pytest.raises(MrfedError, match="east: not on the roster"):
        masking_keys.verified(keys, ["north", "east"], issued(), run="run1")
