"""The features' own tests on the page: counted, corrected, and never taken for the model's worth."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from server.report import render
from server.report.candidates import SHOWN, candidates
from shared.results.model import Candidate
from shared.results.result import Result


def fared(halves: float | None = None) -> tuple[Candidate, ...]:
    p_values = np.concatenate([[1e-6, 4e-4, 0.9, 0.8], np.linspace(0.06, 1, 60)])
    return tuple(
        Candidate(feature=f"f{place}", statistic=1 / p, p_value=p, half_samples=halves, entered=place in (0, 2))
        for place, p in enumerate(p_values.tolist())
    )


def test_discoveries_are_scipys_and_what_chance_gives_is_said() -> None:
    computed = candidates(fared())
    assert computed is not None
    p_values = np.array([one.p_value for one in fared()])
    assert computed.discoveries == (false_discovery_control(p_values) <= 0.05).sum() == 2
    assert (computed.tested, computed.under, computed.expected) == (64, 2, pytest.approx(3.2))
    assert [row.feature for row in computed.rows[:2]] == ["f0", "f1"]
    assert "f2" in {row.feature for row in computed.rows}  # it entered, for all its p
    assert len(computed.rows) == SHOWN + 1
    assert candidates(()) is None


@pytest.mark.parametrize("halves", [None, 0.7])
def test_the_page_has_them(result: Result, halves: float | None) -> None:
    assert result.model is not None
    model = result.model.model_copy(update={"candidates": fared(halves)})
    page = render(result.model_copy(update={"model": model}))
    assert "Of 64 features 2 differ between the classes with p under 0.05" in page
    assert "2 are discoveries at a false-discovery rate of 5 %" in page
    assert ("Halves that chose it" in page) == (halves is not None)
    assert "How the features fared one by one" not in render(result)
