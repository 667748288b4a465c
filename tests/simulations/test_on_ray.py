"""The same study on Flower's simulation engine."""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from client.site.site_file import Site
from server.conduct import conduct
from server.results.noisy_result import NoisyResult
from shared.errors import Code, MrfedError
from shared.study.study import Study
from simulations.cli import app
from simulations.on_ray import simulate_on_ray
from simulations.simulate import simulate
from tests.conftest import table_of
from tests.noisy_study import with_noise

pytestmark = pytest.mark.processes


@pytest.fixture
def study(study: Study) -> Study:
    """Patient enough for Ray's workers to start."""
    return study.model_copy(update={"federation": study.federation.model_copy(update={"deadline_s": 600})})


@pytest.fixture
def ray() -> object:
    """Ray, stopped again after the test."""
    import ray

    yield ray
    ray.shutdown()


def test_ray_gives_the_in_process_result_to_the_last_bit(
    ray: object, study: Study, tables: dict[str, pd.DataFrame], settle: Callable[..., list[Site]], tmp_path: Path
) -> None:
    sites = settle(tables)
    in_process = simulate(study, sites, tmp_path / "here")
    again = [site.model_copy(update={"workspace": tmp_path / "ray" / site.name}) for site in sites]
    there = simulate_on_ray(study, again, tmp_path / "there", conduct, cpus_per_site=0.5)
    assert there.fingerprint == in_process.fingerprint
    assert os.environ["FLWR_TELEMETRY_ENABLED"] == "0"


def test_an_error_of_the_study_comes_back_from_ray(
    ray: object, study: Study, tables: dict[str, pd.DataFrame], settle: Callable[..., list[Site]], tmp_path: Path
) -> None:
    for table in tables.values():
        table["ihc"] = "0"
    with pytest.raises(MrfedError) as caught:
        simulate_on_ray(study, settle(tables), tmp_path / "there", conduct, cpus_per_site=0.5)
    assert caught.value.code is Code.ONE_CLASS


def test_a_study_with_noise_runs_on_ray_where_the_command_says_so(
    ray: object, study: Study, settle: Callable[..., list[Site]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_ray: list[Study] = []

    def noted(asked: Study, *others: object) -> object:
        on_ray.append(asked)
        return simulate_on_ray(asked, *others)  # type: ignore[arg-type]

    monkeypatch.setattr("simulations.on_ray.simulate_on_ray", noted)
    asked = with_noise(study)
    sites = settle({name: table_of(name, 60, seed, features=3) for seed, name in enumerate(asked.federation.sites)})
    for site in sites:
        content = site.model_dump(mode="json", exclude_defaults=True)
        (tmp_path / "sites" / site.name / "site.yaml").write_text(yaml.safe_dump(content))
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(asked.model_dump(mode="json")))
    words = ["run", str(tmp_path / "study.yaml"), "--cohort", str(tmp_path / "sites"), "--grid", "ray"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert on_ray == [asked]
    result = NoisyResult.model_validate_json((tmp_path / "out" / "result.json").read_text())
    assert result.spent.epsilon <= 4
    assert (tmp_path / "out" / "result.json.sig").exists()
