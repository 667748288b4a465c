"""A study that goes on without the sites that it loses, and one that may not."""

from pathlib import Path

import numpy as np
import pytest

from client.approval import approval
from client.site import audit_log
from client.site.audit_log import Event
from client.site.keys import Trust
from server.report import render
from server.report.findings import findings
from shared.errors import Code, MrfedError
from shared.sections.federation import Dropout
from shared.sections.privacy import SiteSums
from shared.study.study import Study
from tests.lost_sites import SITES, LosingGrid, approved, conducted, four_sites, settle

pytestmark = pytest.mark.slow

REST = SITES[:3]


def totals_of(sites: tuple[str, ...]) -> list[float]:
    """Patients of each class: half of 16, 20, 24 and 28."""
    patients = sum(16 + 4 * SITES.index(site) for site in sites)
    return [patients / 2, patients / 2]


def test_a_site_that_is_lost_before_anything_was_decoded_never_was_there(tmp_path: Path) -> None:
    """Equal, to the rounding of the sums, to the study in which the site did not enroll."""
    study = four_sites(SiteSums.HIDDEN)
    sites = settle(tmp_path / "lost")
    approved(study, sites, tmp_path / "lost")
    lost = conducted(study, sites, tmp_path / "lost", LosingGrid(sites, {"west": "describe"}))
    others = settle(tmp_path / "absent", REST)
    approved(study, others, tmp_path / "absent")
    absent = conducted(study, others, tmp_path / "absent", LosingGrid(others, {}))
    found, expected = (
        [coefficient.value for coefficient in each.result.model.coefficients] + [each.result.model.intercept]
        for each in (lost, absent)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    (pooled,) = [evaluation.pooled for evaluation in lost.result.evaluations]
    assert pooled.patients == 60
    assert lost.grid.asked.count("describe.disclose") == 1
    assert not any(name.startswith(("harmonize.", "train-0.")) for name in lost.grid.asked)
    assert any("site west was lost at describe (no-answer)" in deviation for deviation in lost.result.deviations)


@pytest.mark.parametrize("step", ["harmonize", "train-1"])
def test_sums_from_the_loss_on_are_over_the_sites_that_are_left(tmp_path: Path, step: str) -> None:
    study = four_sites(SiteSums.DERIVABLE)
    sites = settle(tmp_path)
    approved(study, sites, tmp_path)
    done = conducted(study, sites, tmp_path, LosingGrid(sites, {"west": step}))
    described, moments, evaluated = (done.journal.find(name) for name in ("describe", "moments", "evaluate"))
    assert described is not None
    assert moments is not None
    assert evaluated is not None
    assert described.totals["class_totals"].tolist() == totals_of(SITES)
    there = REST if step == "harmonize" else SITES
    assert moments.totals["class_totals"][0].tolist() == totals_of(there)
    assert evaluated.totals["scores"][0].sum(axis=1).tolist() == totals_of(REST)
    assert set(evaluated.clear) == set(REST)
    assert [participant.site for participant in done.result.participants] == list(SITES)
    assert {site.site for view in done.result.evaluations for site in view.sites} == set(REST)
    assert any(
        f"lost at {step} (no-answer)" in deviation and "28 patients" in deviation
        for deviation in done.result.deviations
    )
    trust = Trust(sites[0])
    log = audit_log.verify(sites[0].audit_log, trust.public_key, approval.coordinators(sites[0].workspace))
    said = [
        entry.content for entry in log if entry.event is Event.ANSWER and entry.content["step"] == f"{step}.disclose"
    ]
    assert [(one["answered"], one["texts"]) for one in said] == [(list(REST), ["lost", "own"])]


def test_an_external_site_that_is_lost_takes_its_test_along_and_nothing_else(tmp_path: Path) -> None:
    content = four_sites(SiteSums.DERIVABLE).model_dump()
    content["evaluation"] |= {"external_sites": SITES[3:], "explain": False}
    study, computed = Study.model_validate(content), []
    for name, lost in {"lost": {"west": "train-1"}, "kept": {}}.items():
        sites = settle(tmp_path / name)
        approved(study, sites, tmp_path / name)
        computed.append(conducted(study, sites, tmp_path / name, LosingGrid(sites, lost)).result)
    lost, kept = computed
    assert lost.model is not None
    assert kept.model is not None
    assert lost.model.coefficients == kept.model.coefficients
    assert [evaluation.view for evaluation in lost.evaluations] == [evaluation.view for evaluation in kept.evaluations]
    for ours, theirs in zip(lost.evaluations[:-1], kept.evaluations[:-1], strict=True):
        assert ours == theirs
    assert (lost.evaluations[-1].pooled.patients, kept.evaluations[-1].pooled.patients) == (0, 28)
    (sentence,) = lost.deviations
    assert (
        sentence
        == "external site west was lost at train-1 (no-answer); from there on nothing is tested on its 28 patients"
    )
    assert findings(lost)[0].endswith("nobody could be evaluated: nothing can be said.")
    assert render(lost)


@pytest.mark.parametrize("falls_at", ["harmonize.agree", "harmonize.disclose", "moments"])
def test_a_coordinator_that_falls_goes_on_with_the_set_that_it_had(tmp_path: Path, falls_at: str) -> None:
    """West, which is back meanwhile, is not let in again: the others have signed that it did not answer."""
    study = four_sites(SiteSums.DERIVABLE)
    sites = settle(tmp_path)
    approved(study, sites, tmp_path)
    with pytest.raises(InterruptedError):
        conducted(study, sites, tmp_path, LosingGrid(sites, {"west": "harmonize"}, falls_at))
    done = conducted(study, sites, tmp_path, LosingGrid(sites, {}))
    computed = done.journal.find("moments")
    assert computed is not None
    assert computed.totals["class_totals"][0].tolist() == totals_of(REST)
    assert any("site west was lost at harmonize" in deviation for deviation in done.result.deviations)


@pytest.mark.parametrize("part", ["harmonize.agree", "harmonize.disclose"])
def test_whoever_has_answered_is_needed_to_the_end_of_the_exchange(tmp_path: Path, part: str) -> None:
    study = four_sites(SiteSums.DERIVABLE)
    sites = settle(tmp_path)
    approved(study, sites, tmp_path)
    with pytest.raises(MrfedError, match=f"{part}: site south did not answer") as caught:
        conducted(study, sites, tmp_path, LosingGrid(sites, {"west": "harmonize", "south": part}))
    assert caught.value.code is Code.NO_ANSWER
    done = conducted(study, sites, tmp_path, LosingGrid(sites, {"west": "harmonize"}))
    assert {site.site for view in done.result.evaluations for site in view.sites} == set(REST)


@pytest.mark.parametrize(
    ("mode", "dropout", "lost", "said"),
    [
        (SiteSums.HIDDEN, Dropout.CONTINUE, {"west": "harmonize"}, "harmonize: site west did not answer"),
        (SiteSums.DERIVABLE, Dropout.WAIT, {"west": "harmonize"}, "harmonize: site west did not answer"),
        (SiteSums.DERIVABLE, Dropout.CONTINUE, {"west": "describe", "south": "describe"}, "2 of 4 sites answered"),
    ],
)
def test_where_the_study_may_not_go_on_it_stops_and_resumes(
    tmp_path: Path, mode: SiteSums, dropout: Dropout, lost: dict[str, str], said: str
) -> None:
    study = four_sites(mode, dropout)
    sites = settle(tmp_path)
    approved(study, sites, tmp_path)
    with pytest.raises(MrfedError, match=said):
        conducted(study, sites, tmp_path, LosingGrid(sites, lost))
    done = conducted(study, sites, tmp_path, LosingGrid(sites, {}))
    assert done.result.deviations == ()


def test_a_site_that_is_lost_at_the_end_misses_the_result_only(tmp_path: Path) -> None:
    study = four_sites(SiteSums.HIDDEN)
    sites = settle(tmp_path)
    approved(study, sites, tmp_path)
    done = conducted(study, sites, tmp_path, LosingGrid(sites, {"north": "finish"}))
    assert [site.site for site in done.result.evaluations[0].sites] == list(SITES)
    assert done.result.deviations == ("site north was not told the result (no-answer)",)
