"""The audit of leaks: silent about a study as it is, and it finds every leak that is planted."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.exchange.state import harmonized
from client.exchange.state.learning import Learning
from client.site.site_file import Site
from shared.study.plan import Fold
from shared.study.study import Study
from shared.training.progress import Learned
from simulations.leakage import audit

pytestmark = pytest.mark.slow
Settle = Callable[[dict[str, pd.DataFrame]], list[Site]]


def asked(study: Study) -> Study:
    content = study.model_dump()
    content["selection"] = {"method": "univariate", "keep": 3}
    content["evaluation"] |= {"folds": 2, "resamples": 0}
    content["harmonization"]["left_out_site"] = "transductive"
    return Study.model_validate(content)


def test_no_model_changes_with_patients_whom_it_never_saw(
    study: Study, tables: dict[str, pd.DataFrame], settle: Settle, tmp_path: Path
) -> None:
    reported: list[str] = []
    findings = audit(asked(study), settle(tables), tmp_path / "audit", reported.append)
    assert [finding.fit for finding in findings] == [
        "fold-1", "fold-2", "without-alpha", "without-beta", "without-gamma",
    ]  # fmt: skip
    assert reported == ["the study as it is", *(finding.fit for finding in findings)]
    assert not any(finding.leaks for finding in findings)
    assert max(finding.change for finding in findings) < 1e-8


def _select_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features are ranked on all patients before the folds: the classical mistake."""
    own = Learned.strength.func

    def leaking(self: Learned) -> np.ndarray:
        return np.repeat(own(self)[:1], len(self.tasks), axis=0)

    leak = cached_property(leaking)
    leak.__set_name__(Learned, "strength")
    monkeypatch.setattr(Learned, "strength", leak)


def _harmonize_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batch effects are learned from left-out patients too."""
    monkeypatch.setattr(harmonized, "learners", lambda section, trains, borrowed, left_out: np.ones_like(trains))


def _train_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left-out patients of the site enter the sums of training."""
    rows = Learning.rows

    def leaking(self: Learning, task: int) -> tuple[np.ndarray, np.ndarray]:
        fit = self.learned.fits[self.learned.tasks[task].fit]
        return rows(self, task) if not isinstance(fit.left_out, Fold) else (self.designs(task), self._run.table.y)

    monkeypatch.setattr(Learning, "rows", leaking)


@pytest.mark.parametrize("plant", [_select_on_all, _harmonize_on_all, _train_on_all])
def test_a_planted_leak_is_found_in_every_fold(
    plant: Callable[[pytest.MonkeyPatch], None],
    study: Study,
    tables: dict[str, pd.DataFrame],
    settle: Settle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = asked(study).model_dump()
    content["evaluation"]["leave_one_site_out"] = False
    plant(monkeypatch)
    findings = audit(Study.model_validate(content), settle(tables), tmp_path / "audit")
    assert [finding.fit for finding in findings] == ["fold-1", "fold-2"]
    assert all(finding.leaks for finding in findings)
