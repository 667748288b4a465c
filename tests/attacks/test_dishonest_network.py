"""A site that sends changes of weights which it should not: another shape, in the clear, no numbers, huge."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from client.site.site_file import Site
from server.stages.network import WEIGHTS
from shared import arrays as files
from shared.errors import Code, MrfedError
from shared.federation.messages import Answer
from shared.study.study import Study
from tests.dishonest_site import conducted, puts
from tests.network_hospitals import hospitals, network_study
from tests.network_study import HIDDEN, fresh

pytestmark = pytest.mark.attack

Lie = Callable[[Answer], Answer]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    return hospitals(tmp_path_factory.mktemp("network"), patients=6)


def study(strategy: str) -> Study:
    return network_study({"strategy": {"name": strategy}}, {"rounds": 2}, **HIDDEN)


def weights(asked: Study, sites: list[Site], folder: Path, lie: Lie) -> np.ndarray[Any, Any]:
    step = "round" if asked.network and asked.network.strategy.masked else "open-round"
    conducted(asked, fresh(sites, folder / "sites"), folder, step, lie)
    return files.load(folder / "journal" / WEIGHTS)["weights"]


REFUSED = {
    "fewer weights": ("fedavg", puts(update=lambda values: values[..., :-1]), "site beta: round: update has shape"),
    "in the clear": (
        "fedavg",
        puts(update=lambda values: values[0].astype(float)),
        "site beta sent update in the clear",
    ),
    "in a wider ring": (
        "fedavg",
        puts(update=lambda values: values.astype(np.uint64)),
        "site beta sent update in the clear",
    ),
    "not a number": (
        "median",
        puts(update=lambda values: values * np.nan),
        "site beta sent update with values that are not",
    ),
    "fewer weights, readable": (
        "median",
        puts(update=lambda values: values[..., :-1]),
        "site beta: open-round: update has",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_changes_of_another_form(
    name: str,
    sites: list[Site],
    tmp_path: Path,
    gained: Callable[[str, str, str], None],
) -> None:
    strategy, lie, message = REFUSED[name]
    with pytest.raises(MrfedError, match=message) as caught:
        weights(study(strategy), sites, tmp_path, lie)
    assert caught.value.code is Code.NOT_IN_CONTRACT
    gained(f"a site's change of weights: {name}", "a broken sum", "refused, with the site's name")


@pytest.mark.parametrize("factor", [0.0, -1e6], ids=["zeros", "huge"])
@pytest.mark.slow
def test_changes_that_are_no_training(
    factor: float,
    sites: list[Site],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gained: Callable[[str, str, str], None],
) -> None:
    """The median of three follows no single one; the mean of the same changes does."""
    honest = weights(study("median"), sites, tmp_path / "honest", lambda answer: answer)
    lie = puts(update=lambda values: values * factor)
    defended = np.abs(weights(study("median"), sites, tmp_path / "lied", lie) - honest).max()
    monkeypatch.setattr("shared.strategies.robust.Robust.aggregate", lambda _, updates: (updates.mean(axis=0), []))
    plain = weights(study("median"), sites, tmp_path / "mean-honest", lambda answer: answer)
    undefended = np.abs(weights(study("median"), sites, tmp_path / "mean", lie) - plain).max()
    assert defended < 0.5
    if factor:
        assert undefended > 100
    gained(f"a site's change of weights, times {factor:g}", f"moves weights by {undefended:.2g}", f"{defended:.2g}")
