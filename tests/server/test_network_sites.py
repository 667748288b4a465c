"""Network studies whose sites are not as one would like: one class, two patients, a dead coordinator."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.networks import loop
from client.site.site_file import Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Exchange, Journal
from server.stages.network import WEIGHTS
from shared import arrays as files
from shared.errors import Code, MrfedError
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key
from simulations.simulate import simulate
from tests.network_hospitals import hospitals, network_study, pictures
from tests.network_study import HIDDEN, fresh, run
from tests.unreliable_grid import LateGrid

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    return hospitals(tmp_path_factory.mktemp("network"), patients=6)


def of_one_class(site: Site, folder: Path, ihc: str = "0") -> Site:
    """The same site with one outcome for everyone."""
    assert site.data.images is not None
    frame = pd.read_csv(site.data.images).assign(ihc=ihc)
    table = site.data.images.with_name("one-class.csv")
    frame.to_csv(table, index=False)
    return site.model_copy(update={"data": site.data.model_copy(update={"images": table})})


def test_a_site_of_one_class_and_one_of_two_patients_take_part(sites: list[Site], tmp_path: Path) -> None:
    """They train with the others; what only both classes can tell is not shown of them."""
    few = pictures(tmp_path / "gamma", 2, seed=9)
    there = [sites[0], of_one_class(sites[1], tmp_path), few]
    result, weights = run(network_study(training={"rounds": 1}, **HIDDEN), there, tmp_path / "out")
    assert [one.patients for one in result.participants] == [6, 10, 2]
    assert np.isfinite(weights).all()
    (view,) = result.evaluations
    shown = {one.site: one.auc is not None for one in view.sites}
    assert shown == {"alpha": True, "beta": False, "gamma": False}
    assert view.stratified.auc is not None
    assert view.stratified.pairs is None, "those of single patients would follow"
    assert view.pooled.positives is None


def test_where_all_patients_are_of_one_class_nothing_is_trained(sites: list[Site], tmp_path: Path) -> None:
    there = [of_one_class(one, tmp_path) for one in sites]
    with pytest.raises(MrfedError, match="all patients are of one class") as caught:
        run(network_study(**HIDDEN), there, tmp_path / "out")
    assert caught.value.code is Code.ONE_CLASS


class Killed(Exception):  # noqa: N818  (as KeyboardInterrupt)
    """The coordinator's process ends."""


@pytest.mark.parametrize("at", ["round-1", pytest.param("training-weights", marks=pytest.mark.slow)])
def test_a_coordinator_that_was_killed_goes_on_to_the_same_bits(at: str, sites: list[Site], tmp_path: Path) -> None:
    study = network_study({"strategy": {"name": "fedavgm"}}, {"rounds": 3}, **HIDDEN)
    _, whole = run(study, sites, tmp_path / "whole")

    def dies(exchange: Exchange) -> None:
        if exchange.step == at:
            raise Killed

    there = fresh(sites, tmp_path / "sites")
    with pytest.raises(Killed):
        simulate(study, there, tmp_path / "out", on_exchange=dies)
    simulate(study, there, tmp_path / "out")
    assert np.array_equal(files.load(tmp_path / "out" / "journal" / WEIGHTS)["weights"], whole)


def test_a_site_that_is_slower_than_the_deadline_stops_a_round_that_goes_on_to_the_same_bits(
    sites: list[Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All have trained, and their ledgers have the answers: asked again, nobody trains anew."""
    plain = network_study(training={"rounds": 2}, **HIDDEN)
    study = plain.model_copy(update={"federation": plain.federation.model_copy(update={"deadline_s": 0.2})})
    _, whole = run(study, sites, tmp_path / "whole")
    there, key, journal = fresh(sites, tmp_path / "sites"), coordinator_key(tmp_path), Journal(tmp_path / "journal")
    approve_everywhere(study, there, key)
    late = LateGrid(there, "beta", "round-1")
    with pytest.raises(MrfedError, match="round-1: site beta did not answer") as caught:
        conduct(Federation(late, study, "run", journal, key, late.nodes))
    assert caught.value.code is Code.NO_ANSWER
    in_time = InProcessGrid(there)
    with monkeypatch.context() as patch:
        patch.delattr(loop, "train")
        conduct(Federation(in_time, study, "run", journal, key, in_time.nodes))
    assert np.array_equal(files.load(tmp_path / "journal" / WEIGHTS)["weights"], whole)
