"""A model's rings and habitats at simulated hospitals, in every vendor's dialect, whether they took part or not."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.cohort import table as site_table
from client.preparation import second_pass, voxel_file
from client.preparation.paths import voxel_file as voxel_path
from client.preparation.settings_hash import settings_hash
from client.site import site_file
from client.site.site_file import Site
from shared.clustering.clusters import Clusters
from shared.results import bundle
from shared.results.bundle import Model
from shared.results.habitat_model import HabitatModel, found_habitats
from shared.study import study as studies
from simulations import cohort, scenario

pytestmark = pytest.mark.slow
HOSPITALS = ("north", "east", "south", "west")
# Scaled wash-in and ADC: slow and free, slow and dense, fast; other ones where a site is left out.
FOUND = Clusters(np.array([0.9, 1.1e-3]), np.array([0.4, 3e-4]), np.array([[-0.8, 0.7], [-0.3, -0.8], [0.9, 0.1]]))
LEFT_OUT = Clusters(FOUND.mean, FOUND.scale, np.array([[-0.9, 0.4], [0.0, -0.6], [0.7, 0.3]]))


@dataclass(frozen=True)
class Hospital:
    """One that took part in a study, and the same patients at one that did not."""

    inside: Site
    outside: Site


@pytest.fixture(scope="module")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> list[Hospital]:
    """One patient of each."""
    out = tmp_path_factory.mktemp("new hospital") / "cohort"
    cohort.write(scenario.load("demo"), out, seed=5, patients=1, jobs=1)
    sites = [site_file.load(out / name / "site.yaml") for name in HOSPITALS]
    return [Hospital(site, site.model_copy(update={"workspace": out / f"{site.name} again"})) for site in sites]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """What the demonstration's bundle says of features, as it comes out of its file."""
    study = studies.named(Path("demo"))
    assert study.habitats is not None
    shares = (0.3, 0.4, 0.3)
    habitats = tuple(found_habitats(out, clusters, shares) for out, clusters in ((None, FOUND), ("north", LEFT_OUT)))
    model = Model(
        study=study,
        study_digest=study.digest,
        result="0" * 64,
        trained_at=HOSPITALS,
        settings=(settings_hash(study),),
        habitats=HabitatModel(maps=study.habitats.maps, rounds=2, settled=False, found=habitats),
    )
    path = tmp_path_factory.mktemp("bundle") / bundle.NAME
    bundle.write(path, model, "card", Ed25519PrivateKey.generate())
    return bundle.read(path).model


@pytest.fixture(scope="module")
def tables(hospitals: list[Hospital], trained: Model) -> list[pd.DataFrame]:
    """What each hospital outside makes of the bundle."""
    return [pd.read_parquet(second_pass.of_model(hospital.outside, trained, 1)) for hospital in hospitals]


def test_a_hospital_outside_has_the_features_of_one_inside(
    hospitals: list[Hospital], trained: Model, tables: list[pd.DataFrame]
) -> None:
    for hospital, outside in zip(hospitals[:2], tables, strict=False):
        inside = second_pass.with_habitats(hospital.inside, trained.study, (), (FOUND, LEFT_OUT))
        pd.testing.assert_frame_equal(outside, pd.read_parquet(inside[0]))
        assert not outside.equals(pd.read_parquet(inside[1])), "not those of habitats without a left-out site"


def test_every_dialect_gives_the_same_columns_with_rings_and_habitats(tables: list[pd.DataFrame]) -> None:
    first = tables[0]
    for table in tables:
        assert list(table) == list(first)
        assert np.isfinite(table.filter(like=".ring_0_3mm.").to_numpy(float)).all()
        fractions = table.filter(like="original_habitats_Fraction")
        assert fractions.shape == (1, 3)
        np.testing.assert_allclose(fractions.sum(axis=1), 1)


def test_a_habitat_is_where_the_bundle_says(
    hospitals: list[Hospital], trained: Model, tables: list[pd.DataFrame]
) -> None:
    for hospital, table in zip(hospitals, tables, strict=True):
        own = voxel_file.read_all(voxel_path(hospital.outside, trained.study), table["patient"].tolist())
        scaled = (own.vectors - FOUND.mean) / FOUND.scale
        nearest = np.square(scaled[:, None] - FOUND.centroids).sum(axis=2).argmin(axis=1)
        for number in range(3):
            share = table[f"habitats.tumour.original_habitats_Fraction{number + 1}"].item()
            assert share == pytest.approx((nearest == number).mean())


def test_it_is_told_apart_from_features_under_other_settings(
    hospitals: list[Hospital], trained: Model, tables: list[pd.DataFrame]
) -> None:
    assert len(tables) == len(hospitals)
    path = second_pass.of_model(hospitals[0].outside, trained, 1)
    table = site_table.load(hospitals[0].outside, trained.study, path, labelled=False)
    assert table.settings in trained.settings
