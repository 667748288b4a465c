"""Learning curves on their way: TensorBoard's files, and an MLflow server where there is one."""

from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from server.tracking import Tracking


def curve(folder: Path, name: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()  # type: ignore[no-untyped-call]
    return [(scalar.step, round(scalar.value, 6)) for scalar in events.Scalars(name)]  # type: ignore[no-untyped-call]


def test_numbers_of_each_round_reach_tensorboard(tmp_path: Path) -> None:
    with Tracking(tmp_path, "study") as tracking:
        for turn in range(3):
            tracking.note(turn, {"loss/all": 1.0 / (turn + 1), "loss/alpha": 2.0})
    assert curve(tmp_path, "loss/all") == [(0, 1.0), (1, 0.5), (2, 0.333333)]
    assert [value for _, value in curve(tmp_path, "loss/alpha")] == [2.0] * 3


def test_a_run_that_goes_on_notes_each_round_once(tmp_path: Path) -> None:
    with Tracking(tmp_path, "study") as tracking:  # ended after its first round
        tracking.note(0, {"change": 4.0})
    with Tracking(tmp_path, "study") as tracking:
        for turn in range(2):
            tracking.note(turn, {"change": 4.0 + turn})
    assert curve(tmp_path, "change") == [(0, 4.0), (1, 5.0)]


def test_mlflow_is_told_where_its_address_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # newer versions ask before they write plain files
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    with Tracking(tmp_path, "study") as tracking:
        for turn in range(3):
            tracking.note(turn, {"loss/all": 1.0 / (turn + 1)})
    client = mlflow.MlflowClient((tmp_path / "mlruns").as_uri())
    (run,) = client.search_runs([client.get_experiment_by_name("study").experiment_id])
    assert run.info.status == "FINISHED"
    assert [one.value for one in client.get_metric_history(run.info.run_id, "loss.all")] == [1.0, 0.5, 1 / 3]
