"""What studies spend of a site's differential privacy: on the disk, in the log, and never over the budget."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from client.approval import approval, privacy_budget
from client.approval.approval import Approved
from client.site import audit_log
from client.site.audit_log import Event
from client.site.keys import Trust
from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.privacy.accountant import Account, Release
from shared.privacy.disclosure_rules import broken_rules
from shared.privacy.policy import Policy, unblurred
from shared.sections.network import DifferentialPrivacy, Input, LocalTraining, Network, SmallCnn
from shared.study.study import Study
from simulations.ownership import approve_everywhere, coordinator_key

POLICY = Policy(minimum_patients=1, minimum_sites=1, epsilon=3.0, reason="a test")
ROUND = Release(multiplier=6.0, rate=0.2, times=20)


def rounds(count: int) -> tuple[Release, ...]:
    return (ROUND.model_copy(update={"times": count * ROUND.times}),)


def costs(*releases: Release) -> float:
    account = Account()
    for one in releases:
        account = account.book(one)
    return account.epsilon(1e-5)


@pytest.fixture
def site(settle: Callable[[dict[str, pd.DataFrame]], list[Site]], tables: dict[str, pd.DataFrame]) -> Site:
    return settle({"alpha": tables["alpha"]})[0]


def approved(study: Study, site: Site, folder: Path, version: int = 1) -> Approved:
    asked = study.model_copy(update={"version": version})
    approve_everywhere(asked, [site], coordinator_key(folder), POLICY)
    return approval.find(site.workspace, asked.digest, Trust(site).public_key, datetime.now(tz=UTC))


def test_rounds_are_booked_one_by_one_and_once(study: Study, site: Site, tmp_path: Path) -> None:
    first = approved(study, site, tmp_path)
    for count in (1, 2, 2, 1):  # a round that is asked again costs nothing more, and none is forgotten
        privacy_budget.spend(site, first, rounds(count))
    assert privacy_budget.spent(site.workspace).epsilon(1e-5) == pytest.approx(costs(*rounds(2)))
    log = audit_log.verify(site.audit_log, Trust(site).public_key)
    said = [one.content["epsilon"] for one in log if one.event is Event.PRIVACY_SPENT]
    assert said == pytest.approx([costs(*rounds(1)), costs(*rounds(2))])


@pytest.mark.attack
@pytest.mark.slow
def test_what_one_study_spends_another_lacks(
    study: Study, site: Site, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    """Study after study asks for rounds with noise, each within its own epsilon, until the noise averages out."""
    first, second = (approved(study, site, tmp_path, version) for version in (1, 2))
    sums = (Release(multiplier=3.0, times=2),)
    privacy_budget.spend(site, first, sums)
    most = max(count for count in range(1, 100) if costs(*sums, *rounds(count)) <= 3.0)
    assert most < max(count for count in range(1, 100) if costs(*rounds(count)) <= 3.0)
    privacy_budget.spend(site, second, rounds(most))
    with pytest.raises(MrfedError, match="the budget here is 3") as caught:
        privacy_budget.spend(site, second, rounds(most + 1))
    assert caught.value.code is Code.BUDGET_SPENT
    assert privacy_budget.booked(second.folder) == rounds(most)
    approval.revoke(site.workspace, first.study.digest, Trust(site).log)
    assert privacy_budget.spent(site.workspace).epsilon(1e-5) == pytest.approx(costs(*sums, *rounds(most)))
    gained(
        "Ask study after study with noise, each within its own epsilon",
        f"epsilon {costs(*rounds(100 * most)):.0f} after a hundred such studies, and no end",
        "3.0 over all studies, then refused; revoking gives nothing back",
    )


def test_a_damaged_account_is_not_taken_for_an_empty_one(study: Study, site: Site, tmp_path: Path) -> None:
    first = approved(study, site, tmp_path)
    privacy_budget.spend(site, first, rounds(1))
    (first.folder / privacy_budget.FILE).write_text("[")
    with pytest.raises(MrfedError, match="cannot be read"):
        privacy_budget.spent(site.workspace)


def test_a_network_with_noise_is_held_against_the_budget_before_it_is_approved(study: Study, site: Site) -> None:
    network = Network(
        input=Input(channels=("a",)),
        architecture=SmallCnn(),
        training=LocalTraining(rounds=30, batch_size=10),
        differential_privacy=DifferentialPrivacy(noise_multiplier=2.0, epsilon=50),
    )
    asked = study.model_copy(update={"network": network})
    (said,) = privacy_budget.over_budget(POLICY, asked, site.workspace, [20, 16])
    assert "all studies would have spent epsilon" in said
    assert (
        privacy_budget.over_budget(POLICY, asked, site.workspace, []) == ()
    )  # not prepared yet; each round is looked at
    words = " ".join(privacy_budget.words(POLICY, asked, site.workspace, [20, 16]))
    assert "so far have spent epsilon 0.00" in words
    assert "the budget is 3" in words
    assert "This study may spend epsilon" in words
    against = broken_rules(POLICY, asked, "alpha", None, ())
    assert any(unblurred("alpha") in one for one in against)
    assert not any("noise" in one for one in broken_rules(POLICY, asked, "alpha", None, (unblurred("alpha"),)))
    assert any("it adds no noise" in one for one in broken_rules(POLICY, study, "alpha", None, ()))
