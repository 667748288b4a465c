"""Boosted trees, with shuffled labels, and an averaged network on features: over a real network as in one process."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from client.site import site_file
from deploy.loopback import Federation
from shared.results.result import Result
from shared.study import study as studies
from simulations.simulate import simulate
from tests.network.three_sites import STUDY, approve

pytestmark = [pytest.mark.network, pytest.mark.processes]

MODELS: dict[str, dict[str, Any]] = {
    "boosting": {
        "model": {"kind": "boosting", "trees": 1, "depth": 1, "bins": 4},
        "evaluation": {"folds": 3, "permutations": 1},
    },
    # as many rounds and arms as sites allow 72 patients
    "mlp": {
        "model": {"kind": "mlp", "hidden": 1},
        "training": {"max_iterations": 2},
        "comparators": {"without_harmonization": False},
    },
}


@pytest.mark.parametrize("kind", list(MODELS))
def test_a_model_of_the_network_is_that_of_one_process(
    kind: str, federation: Federation, folders: list[Path], tmp_path: Path
) -> None:
    content = yaml.safe_load(STUDY.read_text()) | MODELS[kind] | {"name": f"three-sites-{kind}"}
    file = tmp_path / f"{kind}.yaml"
    file.write_text(yaml.safe_dump(content))
    approve(federation, folders, file)
    federation.ask(file, tmp_path / "out")
    result = Result.model_validate_json((tmp_path / "out" / "result.json").read_text())
    sites = [site_file.load(folder / "site.yaml") for folder in folders]
    apart = [site.model_copy(update={"workspace": tmp_path / "workspaces" / site.name}) for site in sites]
    expected = simulate(studies.load(file), apart, tmp_path / "coordinator")
    assert result.model is not None
    assert result.model.vector
    assert result.model == expected.model
    assert result.evaluations == expected.evaluations
    assert result.comparisons == expected.comparisons
    assert result.explained == expected.explained
    assert [exchange.step for exchange in result.exchanges] == [exchange.step for exchange in expected.exchanges]
    if kind == "boosting":
        assert result.chance is not None
        assert expected.chance is not None
        assert result.chance.aucs == expected.chance.aucs
