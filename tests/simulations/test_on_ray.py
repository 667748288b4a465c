"""The same study on Flower's simulation engine."""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from client.site import Site
from shared.errors import Code, MrfedError
from shared.study import Study
from simulations.on_ray import simulate_on_ray
from simulations.simulate import simulate

pytestmark = pytest.mark.processes


@pytest.fixture
def study(study: Study) -> Study:
    """Patient enough for Ray's workers to start."""
    return study.model_copy(update={"federation": study.federation.model_copy(update={"deadline_s": 120})})


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
    here = simulate(study, sites, tmp_path / "here")
    again = [site.model_copy(update={"workspace": tmp_path / "ray" / site.name}) for site in sites]
    there = simulate_on_ray(study, again, tmp_path / "there", cpus_per_site=0.5)
    assert there.fingerprint == here.fingerprint
    assert os.environ["FLWR_TELEMETRY_ENABLED"] == "0"


def test_an_error_of_the_study_comes_back_from_ray(
    ray: object, study: Study, tables: dict[str, pd.DataFrame], settle: Callable[..., list[Site]], tmp_path: Path
) -> None:
    for table in tables.values():
        table["ihc"] = "0"
    with pytest.raises(MrfedError) as caught:
        simulate_on_ray(study, settle(tables), tmp_path / "there", cpus_per_site=0.5)
    assert caught.value.code is Code.ONE_CLASS
