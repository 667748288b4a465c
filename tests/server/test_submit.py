"""What a coordinator hands to Flower with a run."""

from pathlib import Path

from client.node.app import COORDINATORS_OWN
from server.network.settings import Coordinator, Settings
from server.submit import run_settings


def test_what_a_coordinator_tells_its_own_app_is_what_sites_let_pass(tmp_path: Path) -> None:
    coordinator = Coordinator(tmp_path, Settings(federation="tryout", host="localhost"))
    assert set(run_settings(coordinator, "demo", tmp_path / "study.yaml")) == COORDINATORS_OWN
