"""Leaks across folds, of a study of a number."""

from pathlib import Path

import pandas as pd
import pytest

from simulations.leakage import audit
from tests.study_of_tables import settle, study, tables

pytestmark = pytest.mark.slow


def test_the_audit_of_leaks_turns_left_out_patients_round(tmp_path: Path) -> None:
    """Nor do those of an external site bear on the final model, whose features halves of the others' patients chose."""
    evaluation = {"folds": 2, "inner_folds": 4, "leave_one_site_out": False, "external_sites": ["gamma"]}
    chosen = {"method": "stability", "most": 3, "threshold": 0.7}
    asked = study(0, model={"kind": "linear"}, selection=chosen, evaluation={**evaluation, "resamples": 0})
    sites = settle(tmp_path, tables(0))
    findings = audit(asked, sites, tmp_path / "audit")
    assert [(finding.fit, finding.leaks) for finding in findings] == [
        ("final", False),
        ("fold-1", False),
        ("fold-2", False),
    ]
    changed = tmp_path / "audit" / "fold-1" / "alpha" / "features.csv"
    was, now = (pd.read_csv(path) for path in (sites[0].data.features, changed))
    assert 20 < (was["f0"] != now["f0"]).sum() <= 36
