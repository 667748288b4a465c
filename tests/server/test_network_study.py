"""A network study of three sites with pictures, through every exchange and under masks."""

import io
import shutil
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from client.cohort import table as site_table
from client.cohort.table import Table
from client.exchange.answers import registry
from client.networks import apply, cohort
from client.prediction import predict
from client.preparation.paths import feature_table
from client.site.site_file import Site
from server.report.card import card
from server.report.page import render
from server.stages.network import WEIGHTS
from shared import arrays as files
from shared.errors import Code, MrfedError
from shared.networks import weights as packed
from shared.results import bundle
from shared.results.result import Result
from shared.sections.network import Input
from shared.step import Step
from shared.study.study import Study
from simulations.ownership import coordinator_key
from simulations.rounds import train
from simulations.simulate import simulate
from tests.network_hospitals import CHANNELS, hospitals, network_study, pictures
from tests.network_study import HIDDEN, fresh, run

pytestmark = pytest.mark.slow

FITS = 1 + 2 + 3
"""No site left out: three fits, and no site's sums."""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    return hospitals(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="module")
def hidden(
    sites: list[Site], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, Path, Result, np.ndarray[Any, Any]]:
    """A study of some 80 000 weights that hides the sums of single sites, and its folder."""
    study = network_study({"architecture": {"name": "small_cnn", "width": 32}}, {"rounds": 2}, **HIDDEN)
    folder = tmp_path_factory.mktemp("hidden")
    return study, folder, *run(study, sites, folder)


def test_a_study_trains_all_fits_in_the_same_rounds(sites: list[Site], tmp_path: Path) -> None:
    study = network_study(
        training={"rounds": 12, "optimizer": "adamw", "learning_rate": 0.01}, network={"explain": True}
    )
    result, _ = run(study, sites, tmp_path)
    assert [one.step for one in result.exchanges] == [
        *("enroll", "inventory", "training-weights"),
        *(f"round-{turn}" for turn in range(12)),
        *("explain", "threshold", "evaluate", "finish"),
    ]
    assert result.network is not None
    assert result.network.fits == FITS
    assert len(result.network.rounds[0].site_loss) == 3
    assert result.network.rounds[-1].loss < 0.8 * result.network.rounds[0].loss
    for view in result.evaluations:
        assert view.stratified.auc is not None
        assert view.stratified.auc > 0.8  # the lesions differ by three deviations of the noise
    page = render(result)
    assert "Grad-CAM" in page
    assert "small_cnn" in page
    assert {one.name: one.patients for one in result.network.attention} == {"grad_cam": 42, "occlusion": 42}
    assert list((tmp_path / "journal" / "tensorboard").glob("events.*"))


@pytest.mark.parametrize(
    "strategy",
    [
        {"name": "fedavg"},
        {"name": "scaffold"},
        {"name": "ditto"},
        {"name": "median"},
        pytest.param({"name": "fedavg", "weights": "equal", "bits": 16, "largest_change": 1}, marks=pytest.mark.slow),
        pytest.param({"name": "fedbn"}, marks=pytest.mark.slow),
        pytest.param({"name": "fednova"}, marks=pytest.mark.slow),
    ],
    ids=lambda one: "-".join(map(str, one.values())),
)
def test_rounds_under_masks_come_to_the_bits_of_rounds_in_one_process(
    strategy: dict[str, Any], sites: list[Site], tmp_path: Path
) -> None:
    study = network_study({"strategy": strategy}, {"rounds": 2}, **({} if strategy == {"name": "fedavg"} else HIDDEN))
    _, weights = run(study, sites, tmp_path)
    assert study.network is not None
    there = fresh(sites, tmp_path / "sites")
    examples, trains = {}, {}
    for site in there:
        own = opened(study, site)
        examples[site.name] = own.part(training()).examples[0]
        trains[site.name] = np.stack([own.trains(fit) for fit in own.fits])
    names = tuple(fit.name for fit in own.fits)
    plain = train(study.network, examples, names, trains)
    assert np.array_equal(plain.state.weights[0], weights)


def training() -> Any:
    from client.exchange.state.network import NetworkTraining

    return NetworkTraining


def opened(study: Study, site: Site) -> Any:
    from datetime import UTC, datetime

    from client.approval import approval
    from client.exchange.run import Run
    from client.site.keys import Trust

    approved = approval.find(site.workspace, study.digest, Trust(site).public_key, datetime.now(tz=UTC))
    return Run(site, approved, "simulation")


def test_clinical_variables_and_features_join_on_scales_learned_from_sums(sites: list[Site], tmp_path: Path) -> None:
    joined = {"variables": ["age"], "features": ["early.tumour.energy"]}
    study = network_study({"architecture": {"name": "small_cnn", "width": 4, **joined}}, {"rounds": 1}, **HIDDEN)
    result, _ = run(study, sites, tmp_path)
    assert result.network is not None
    everyone = [opened(study, one) for one in fresh(sites, tmp_path / "sites")]
    values = np.concatenate([np.column_stack([one.table.covariates["age"], one.table.x]) for one in everyone])
    said = result.network.variables
    assert [one.name for one in said] == ["age", "early.tumour.energy"]
    assert [one.mean for one in said] == pytest.approx(values.mean(axis=0), rel=1e-7)  # features travel from float32
    assert [one.sd for one in said] == pytest.approx(values.std(axis=0), rel=1e-5)
    scale = everyone[0].part(training()).turns.variables
    assert scale.mean[0].tolist() == [one.mean for one in said]
    held = everyone[0].part(training()).turns.of(0, np.ones(len(everyone[0].table.y), dtype=bool)).variables
    assert held.abs().max() < 5, "a patient's energy of 40 million comes in deviations"


def test_channels_are_brought_onto_one_scale_that_keeps_amounts(sites: list[Site], tmp_path: Path) -> None:
    study = network_study(
        {"input": Input(channels=CHANNELS, size=(12, 12), intensity="common")}, {"rounds": 1}, **HIDDEN
    )
    result, _ = run(study, sites, tmp_path)
    assert result.network is not None
    everyone = [opened(study, one) for one in fresh(sites, tmp_path / "sites")]
    voxels = np.concatenate([one.part(training()).examples[0].images.numpy() for one in everyone]).astype(float)
    said = result.network.channels
    assert [one.name for one in said] == list(CHANNELS)
    assert [one.mean for one in said] == pytest.approx(voxels.mean(axis=(0, 2, 3)), rel=1e-9)
    assert [one.sd for one in said] == pytest.approx(voxels.std(axis=(0, 2, 3)), rel=1e-9)
    turns = [one.part(training()).turns for one in everyone]
    seen = torch.cat([one.of(0, np.ones(len(one.positive), dtype=bool)).images for one in turns])
    assert seen.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert seen.std(dim=(0, 2, 3)).tolist() == pytest.approx([1.0] * len(said), abs=1e-3)
    own = everyone[0]
    members = {WEIGHTS: (tmp_path / "journal" / WEIGHTS).read_bytes()}
    found = apply.logits(own.site, bundle.of_result(result), own.table, members)
    state, everybody = own.part(training()).last(), np.ones(len(own.table.y), dtype=bool)
    np.testing.assert_allclose(found, own.part(training()).turns.scores(state, 0, everybody), atol=1e-5)


def test_a_feature_that_no_table_has_is_named_at_the_site(
    sites: list[Site], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    study = network_study({"architecture": {"name": "small_cnn", "features": ["late.tumour.energy"]}}, **HIDDEN)
    with pytest.raises(MrfedError, match=r"0 of at least 2 sites took part; without: alpha \(data-missing\)"):
        run(study, sites, tmp_path)
    assert "no number called late.tumour.energy" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["fedavg", "scaffold"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_was_killed_goes_on_to_the_same_bits(
    strategy: str, moment: str, sites: list[Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site dies in the second round, before it has trained, or after it has kept its state and not answered."""
    study = network_study({"strategy": {"name": strategy}}, **HIDDEN)
    _, whole = run(study, sites, tmp_path / "whole")
    there = fresh(sites, tmp_path / "sites")
    answer, asked = registry.ANSWERS[Step.ROUND], []

    def dies(own: Any, question: Any) -> Any:
        asked.append(question.step)
        if len(asked) == 5 and moment == "before":
            raise MrfedError(Code.PROCESS, "killed")
        said = answer(own, question)
        if len(asked) == 5:
            raise MrfedError(Code.PROCESS, "killed")
        return said

    monkeypatch.setattr("client.exchange.handler.ANSWERS", {**registry.ANSWERS, Step.ROUND: dies})
    with pytest.raises(MrfedError, match="answered process"):
        simulate(study, there, tmp_path / "out")
    monkeypatch.setattr("client.exchange.handler._RUNS", OrderedDict())  # as in a new process
    monkeypatch.setattr("client.exchange.handler.ANSWERS", registry.ANSWERS)
    simulate(study, there, tmp_path / "out")
    assert np.array_equal(files.load(tmp_path / "out" / "journal" / WEIGHTS)["weights"], whole)


def test_a_broken_checkpoint_is_computed_anew(
    hidden: tuple[Study, Path, Result, np.ndarray[Any, Any]], sites: list[Site]
) -> None:
    study, folder, _, weights = hidden
    own = opened(study, fresh(sites, folder / "sites")[0])
    for path in (own.folder / "network").glob("state-*.npz"):
        path.write_bytes(path.read_bytes()[:100])
    assert np.array_equal(own.part(training()).last().weights[0], weights)


def test_sites_that_would_start_from_other_weights_are_named(
    sites: list[Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another version of torch or MONAI at one site would make it."""
    draw, drawn = packed.draw, []

    def other(model: Any, seed: int) -> Any:
        drawn.append(seed)
        return draw(model, seed + (len(drawn) == 2))

    monkeypatch.setattr(packed, "draw", other)
    with pytest.raises(MrfedError, match="alpha would start from other weights") as caught:
        run(network_study(), sites, tmp_path)
    assert caught.value.code is Code.SETTINGS_DIFFER


def test_a_site_whose_training_diverges_says_so_in_a_word(
    sites: list[Site], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    study = network_study(training={"learning_rate": 1e30, "gradient_clip": None})
    with pytest.raises(MrfedError, match="round-0: site alpha answered not-converged"):
        run(study, sites, tmp_path)
    assert "lower training.learning_rate" in caplog.text


def test_a_corrupt_picture_is_named_in_the_sites_own_log(
    sites: list[Site], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "pictures"
    shutil.copytree(sites[0].data.images.parent, folder)  # type: ignore[union-attr]
    (folder / "images" / "003.png").write_bytes(b"nothing")
    broken = sites[0].model_copy(update={"data": sites[0].data.model_copy(update={"images": folder / "index.csv"})})
    with pytest.raises(MrfedError, match="training-weights: site alpha answered data-unreadable"):
        run(network_study(), [broken, *sites[1:]], tmp_path)
    assert "patient p003: 003.png cannot be read as a picture" in caplog.text


def test_early_stopping_ends_a_study_before_its_last_round(sites: list[Site], tmp_path: Path) -> None:
    study = network_study(training={"rounds": 9, "validation": 0.3, "stop_after": 2, "learning_rate": 1e-6})
    result, _ = run(study, sites, tmp_path)
    assert result.network is not None
    assert 2 <= len(result.network.rounds) < 9
    assert all(one.auc is not None for one in result.network.rounds)
    assert result.exchanges[-1].step == "finish"


def test_a_hidden_study_shows_no_sites_curve(hidden: tuple[Study, Path, Result, np.ndarray[Any, Any]]) -> None:
    result = hidden[2]
    assert result.network is not None
    assert result.network.rounds[0].site_loss == ()
    assert "site_loss" not in {one.quantity for one in result.departures}


def test_traffic_is_four_bytes_a_weight_each_way(hidden: tuple[Study, Path, Result, np.ndarray[Any, Any]]) -> None:
    """Beside the weights only a few numbers a fit travel: with one fit of a real network that is under 1 %."""
    _, _, result, weights = hidden
    (second,) = (one for one in result.exchanges if one.step == "round-1")
    for one in second.traffic:
        assert (one.bytes_up + one.bytes_down) / (2 * 4 * 3 * len(weights)) < 1.01


@pytest.fixture(scope="module")
def bundled(hidden: tuple[Study, Path, Result, np.ndarray[Any, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the study, as the coordinator writes it."""
    _, folder, result, _ = hidden
    path = tmp_path_factory.mktemp("bundle") / bundle.NAME
    files_of_it = bundle.beside(folder / "journal")
    bundle.write(path, bundle.of_result(result), card(result), coordinator_key(folder), files_of_it)
    return path


def unseen_site(folder: Path) -> Site:
    """A hospital that took no part."""
    return pictures(folder / "delta", 8, seed=7).model_copy(update={"patients": "simulated"})


def table_of(site: Site, study: Study) -> Table:
    return site_table.load(site, study, feature_table(site, study), labelled=False)


def test_a_hospital_that_took_no_part_predicts_with_the_bundle(
    hidden: tuple[Study, Path, Result, np.ndarray[Any, Any]], bundled: Path, tmp_path: Path
) -> None:
    """Its ranks are those of the TorchScript in the bundle, which needs nothing of ours."""
    study, (read, site) = hidden[0], (bundle.read(bundled), unseen_site(tmp_path))
    assert set(read.files) == {"network.npz", "network.pt"}
    assert "TorchScript" in read.card
    found = predict.predict(site, read.model, table_of(site, study), members=read.files)
    examples = cohort.load(site, study, table_of(site, study))
    alone = torch.jit.load(io.BytesIO(read.files["network.pt"]))  # type: ignore[no-untyped-call]
    with torch.no_grad():
        logits = alone(examples.images, examples.variables).numpy()
    order = np.argsort([one.rank for one in found.patients])
    assert len(found.patients) == 8
    assert np.array_equal(order, np.argsort(logits))
    assert "nothing tells whether a patient is outside its range" in found.lines


def test_a_bundle_whose_weights_are_others_is_refused(
    hidden: tuple[Study, Path, Result, np.ndarray[Any, Any]], bundled: Path, tmp_path: Path
) -> None:
    study, read, site = hidden[0], bundle.read(bundled), unseen_site(tmp_path)
    other = files.to_bytes({"weights": np.zeros_like(hidden[3])})
    with pytest.raises(MrfedError, match=r"network\.npz holds other weights than the result names"):
        predict.predict(site, read.model, table_of(site, study), members={**read.files, WEIGHTS: other})
    with pytest.raises(MrfedError, match=r"the bundle lacks network\.npz"):
        predict.predict(site, read.model, table_of(site, study))


def test_every_site_keeps_the_model_that_the_result_names(
    hidden: tuple[Study, Path, Result, np.ndarray[Any, Any]], sites: list[Site]
) -> None:
    study, folder, result, weights = hidden
    assert result.network is not None
    for site in fresh(sites, folder / "sites"):
        kept = files.load(opened(study, site).folder / "network" / WEIGHTS)["weights"]
        assert np.array_equal(kept, weights)
        assert packed.digest(kept) == result.network.digest
