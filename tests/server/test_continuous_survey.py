"""How many patients have a number, and what so many could show."""

from pathlib import Path

import numpy as np
import pytest

from server.conduct import carry_out
from server.outcome import write
from server.report.survey import render as show_survey
from server.results.survey import Survey
from server.stages.survey import _of_number
from simulations.ownership import coordinator_key
from simulations.simulate import federation_of
from tests.study_of_tables import settle, study, tables

pytestmark = pytest.mark.slow


def test_a_survey_counts_who_has_a_number(tmp_path: Path) -> None:
    asked = study(0, model={"kind": "linear"}, purpose="feasibility")
    found = carry_out(federation_of(asked, settle(tmp_path, tables(0)), tmp_path / "coordinator"))
    assert isinstance(found, Survey)
    assert [(one.usable, one.classes) for one in found.sites] == [(70, ()), (80, ()), (90, ())]
    assert found.prospects == ()
    (number,) = found.prospects_of_number
    assert (number.sites, number.patients) == (("alpha", "beta", "gamma"), 240)
    # 240 patients less three means: 2.8016 / sqrt(235), back from Fisher's z
    assert number.detectable_correlation == pytest.approx(np.tanh(2.8016 / np.sqrt(235)), abs=1e-4)
    medium = next(one for one in number.power if one.correlation == 0.3)
    assert medium.concordance == pytest.approx(0.5 + np.arcsin(0.3) / np.pi)
    assert 0.98 < medium.by_concordance < medium.by_correlation < 1
    page = show_survey(found)
    assert "With the 240 usable patients of alpha, beta, gamma" in page
    assert "power, by concordance" in page
    # a site that hides its count is in no prospect
    hidden = tuple(one.model_copy(update={"usable": None}) for one in found.sites)
    assert list(_of_number(hidden, asked)) == []
    (fewer,) = _of_number((*hidden[:2], found.sites[2]), asked)
    assert (fewer.sites, fewer.patients) == (("gamma",), 90)
    assert "nothing can be said of power" in show_survey(found.model_copy(update={"prospects_of_number": ()}))
    assert write(found, tmp_path / "out", coordinator_key(tmp_path / "coordinator"), ()).is_file()
