"""Attacks of a coordinator on the sums that sites mask."""

import hashlib
from functools import partial

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from client.exchange.ledger import Asked, Ledger
from shared.contract.fixed_point import FixedPoint
from shared.errors import MrfedError
from shared.federation import identity, masking_keys, roster
from shared.federation.agreement import agree, require_agreement
from shared.federation.masking import Binding, Masker, unmask_sum, unmask_sum_of_answered
from shared.privacy.disclosure_rules import broken_rules
from shared.privacy.policy import Policy, sentence
from tests.least_study import least_study

pytestmark = pytest.mark.attack

SITES = ("north", "south", "west", "east")
BINDING = Binding(study="5" * 64, run="run1", step="harmonize", question="9" * 64)
SUMS = {site: {"sum_x": np.array([float(n), -3.5, 1e6 * n])} for n, site in enumerate(SITES, start=1)}


def private(site, kind=X25519PrivateKey):
    return kind.from_private_bytes(hashlib.sha256(site.encode()).digest())


def public(sites=SITES):
    return {site: private(site).public_key().public_bytes_raw() for site in sites}


def asked(binding, sites):
    return Asked(binding.run, binding.step, binding.question, tuple(sites))


def masked(site, binding, sites, **options):
    return Masker(site, private(site), public(sites)).mask(SUMS[site], {}, binding, **options)


def error(value, true):
    return np.max(np.abs(value - true) / np.abs(true))


study = partial(least_study, SITES, evaluation={"leave_one_site_out": False})


def test_withheld_answer_and_the_rest_asked_again(tmp_path, gained):
    """The coordinator says that east never answered, and asks the others without it."""
    again = Binding(**{**vars(BINDING), "question": "8" * 64, "attempt": 1})
    rest = SITES[:3]
    total = unmask_sum([masked(site, BINDING, SITES) for site in SITES], {})["sum_x"]
    without_east = unmask_sum([masked(site, again, rest) for site in rest], {})["sum_x"]
    assert error(total - without_east, SUMS["east"]["sum_x"]) < 1e-9

    def compute():
        return masked("north", BINDING, SITES)["sum_x"].tobytes()

    ledger = Ledger(tmp_path)
    first = ledger.answer(asked(BINDING, SITES), compute)
    with pytest.raises(MrfedError, match="another set of sites"):
        ledger.answer(asked(again, rest), compute)
    assert ledger.answer(asked(BINDING, SITES), compute) == first
    gained(
        "Withhold an answer, ask the rest again", "the withheld site's sums, exactly", "refused; the first answer again"
    )


def test_same_step_with_another_payload_after_a_restart(tmp_path, gained):
    """One mask for two answers: their difference is in the clear."""
    other = {"sum_x": SUMS["north"]["sum_x"] + [0.5, 0.25, 7.0]}
    masker = Masker("north", private("north"), public())
    first, second = masker.mask(SUMS["north"], {}, BINDING), masker.mask(other, {}, BINDING)
    neutral = {"sum_x": np.zeros_like(first["sum_x"])}
    low = second["sum_x"] - first["sum_x"]
    low[1] -= second["sum_x"][0] < first["sum_x"][0]
    leaked = unmask_sum([{"sum_x": low}, neutral], {})["sum_x"]
    np.testing.assert_allclose(leaked, [0.5, 0.25, 7.0])

    bound = Binding(**{**vars(BINDING), "question": "8" * 64})
    fresh = masker.mask(other, {}, bound)["sum_x"] - first["sum_x"]
    assert np.abs(unmask_sum([{"sum_x": fresh}, neutral], {})["sum_x"]).min() > 1e3
    Ledger(tmp_path).answer(asked(BINDING, SITES), lambda: first["sum_x"].tobytes())
    with pytest.raises(MrfedError, match="another question"):
        Ledger(tmp_path).answer(asked(bound, SITES), lambda: b"")
    gained(
        "Same step, other payload, after a restart",
        "the difference of two answers, in the clear",
        "masks bound to the question; refused",
    )


def test_replayed_question(tmp_path, gained):
    """Noise that is drawn anew for every repetition averages out."""
    random = np.random.default_rng(1)
    true = SUMS["north"]["sum_x"][0]

    def noised():
        return np.float64(true + random.normal(scale=5.0)).tobytes()

    def heard(replies):
        return np.mean([np.frombuffer(reply)[0] for reply in replies])

    assert abs(heard([noised() for _ in range(20_000)]) - true) < 0.2
    ledger = Ledger(tmp_path)
    replies = {ledger.answer(asked(BINDING, SITES), noised) for _ in range(50)}
    assert len(replies) == 1
    gained("Replay a question", "noise averages out over 20 000 repetitions", "one answer, the same bytes every time")


def test_sum_over_one_site(gained):
    alone = unmask_sum([{"sum_x": np.zeros((2, 3), dtype=np.uint64)}, _encoded("north")], {})["sum_x"]
    np.testing.assert_array_equal(alone, SUMS["north"]["sum_x"])
    with pytest.raises(MrfedError, match="one site"):
        Masker("north", private("north"), public(("north",)))
    one = study(federation={"sites": ("north",), "quorum": 1})
    assert any("1 sites" in said for said in broken_rules(Policy(), one, "north", None, ()))
    gained("Sum over one site", "its sums, exactly", "no mask is made; the policy refuses the study")


def _encoded(site):
    return {"sum_x": FixedPoint().encode(SUMS[site]["sum_x"], 1)}


def test_coordinator_puts_its_own_keys_in_the_other_sites_places(gained):
    """North would share its masks with the coordinator instead of with the other sites."""
    fake = {site: private(f"fake {site}") for site in SITES[1:]}
    shown = public(("north",)) | {site: key.public_key().public_bytes_raw() for site, key in fake.items()}
    answer = Masker("north", private("north"), shown).mask(SUMS["north"], {}, BINDING)
    zeros = {"sum_x": np.zeros(3)}
    forged = [Masker(site, key, shown).mask(zeros, {}, BINDING) for site, key in fake.items()]
    assert error(unmask_sum([answer, *forged], {})["sum_x"], SUMS["north"]["sum_x"]) < 1e-12

    identities = {site: private(site, Ed25519PrivateKey) for site in SITES}
    coordinator = private("coordinator", Ed25519PrivateKey)
    signed = roster.issue(study(), {s: identity.public_hex(key) for s, key in identities.items()}, coordinator)
    keys = {
        site: masking_keys.announce(
            identities[site] if site == "north" else coordinator, key, signed, run="run1", site=site
        )
        for site, key in shown.items()
    }
    with pytest.raises(MrfedError, match="compare fingerprints"):
        masking_keys.verified(keys, SITES, signed, run="run1")
    gained("Swap public masking keys", "one site's sums, exactly", "signature is not of the approved identity; refused")


def test_two_stories_about_who_was_lost(tmp_path, gained):
    """North hears that all answered, the rest that north is lost: together they disclose all of north's masks."""
    answers = {site: masked(site, BINDING, SITES, own_mask=True) for site in SITES}
    maskers = {site: Masker(site, private(site), public()) for site in SITES}
    lists = {site: SITES if site == "north" else SITES[1:] for site in SITES}
    disclosed = {site: maskers[site].disclose(answers[site], {}, BINDING, lists[site]) for site in SITES}
    keys = {site: disclosed[site].lost["north"] for site in SITES[1:]}
    stolen = type(disclosed["north"])(own=disclosed["north"].own, lost=keys)
    alone = unmask_sum_of_answered({"north": answers["north"]}, {}, SITES, {"north": stolen})["sum_x"]
    assert error(alone, SUMS["north"]["sum_x"]) < 1e-12

    identities = {site: private(site, Ed25519PrivateKey) for site in SITES}
    signed = roster.issue(
        study(),
        {s: identity.public_hex(key) for s, key in identities.items()},
        private("coordinator", Ed25519PrivateKey),
    )
    signatures = {}
    for site in SITES:
        ledger = Ledger(tmp_path / site)
        agreed = asked(Binding(**{**vars(BINDING), "step": "harmonize/answered"}), lists[site])
        signatures[site] = ledger.answer(
            agreed, lambda site=site: agree(identities[site], BINDING, lists[site]).encode()
        ).decode()
        other = SITES[1:] if lists[site] == SITES else SITES
        with pytest.raises(MrfedError, match="another set"):
            ledger.answer(Asked(agreed.run, agreed.step, agreed.question, other), lambda: b"")
    with pytest.raises(MrfedError, match="south"):
        require_agreement(signatures, BINDING, SITES, SITES, signed, 3)
    require_agreement(signatures, BINDING, SITES[1:], SITES, signed, 3)
    with pytest.raises(MrfedError, match="2 of 4 sites"):
        require_agreement(signatures, BINDING, SITES[2:], SITES, signed, 2)
    gained(
        "Tell sites different sets of the lost",
        "one site's sums, exactly",
        "keys disclosed only for a set that all its members signed, once",
    )


def test_differencing_of_folds_and_left_out_sites(gained):
    """Totals over all, without a fold, without a site: subtract."""
    random = np.random.default_rng(4)
    rows = {site: random.normal(size=(30, 6)) for site in SITES}
    fold = {site: np.arange(30) % 15 for site in SITES}
    everything = sum(x.sum(axis=0) for x in rows.values())
    without_fold = sum(x[fold[site] != 0].sum(axis=0) for site, x in rows.items())
    np.testing.assert_allclose(everything - without_fold, sum(x[fold[s] == 0].sum(axis=0) for s, x in rows.items()))
    without_east = sum(x.sum(axis=0) for site, x in rows.items() if site != "east")
    np.testing.assert_allclose(everything - without_east, rows["east"].sum(axis=0))

    leaving_out = study(evaluation={"leave_one_site_out": True}, privacy={"site_sums": "derivable"})
    few = np.full((5, 2, 2), 1)
    refusals = " ".join(broken_rules(Policy(), leaving_out, "east", few, ()))
    assert "nobody here has accepted" in refusals
    assert "the patients of class" in refusals
    assert "5 in number" in refusals
    enough = np.full((5, 2, 2), 3)
    assert broken_rules(Policy(), leaving_out, "east", enough, (sentence("east"),)) == ()
    with pytest.raises(ValueError, match="derivable"):
        study(evaluation={"leave_one_site_out": True})
    gained(
        "Difference of folds and of left-out sites",
        "sums of 8 patients; sums of one site",
        "groups computed beforehand; refused under the minimum, or without the site's own words",
    )
