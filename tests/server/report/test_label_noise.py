"""The table of misread labels."""

import pytest

from server.report.label_noise import MISREAD, rows
from server.report.page import render


def test_more_misreading_means_a_truth_farther_from_chance(result) -> None:
    sites = result.evaluations[0].sites
    everywhere, *alone = rows(sites)
    assert [site.where for site in alone] == [site.site for site in sites]
    told = [auc for auc in everywhere.aucs if auc is not None]
    distances = [abs(auc - 0.5) for auc in told]
    assert distances == sorted(distances)
    assert len(everywhere.aucs) == len(MISREAD)


def test_one_site_moves_the_whole_by_its_share_of_pairs(result) -> None:
    site = result.evaluations[0].sites[0].model_copy(update={"auc": 0.62, "positives": 50, "negatives": 50})
    other = site.model_copy(update={"site": "other", "auc": 0.5})
    by_name = {row.where: row.aucs[MISREAD.index(0.20)] for row in rows([site, other])}
    assert by_name[site.site] == pytest.approx((0.70 + 0.50) / 2)
    assert by_name["other"] == pytest.approx((0.62 + 0.50) / 2)


def test_hidden_sites_are_left_out_and_the_report_says_the_rest(result) -> None:
    hidden = [site.model_copy(update={"auc": None}) for site in result.evaluations[0].sites]
    assert rows(hidden) == ()
    assert "If labels were misread" in render(result)
