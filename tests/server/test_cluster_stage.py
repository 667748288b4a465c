"""The search for habitats through stage, desk, contract and masks, against scikit-learn on the pooled voxels."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.cluster import KMeans

from client.preparation import voxel_file
from client.preparation.paths import SETTINGS_KEY, prepared_folder
from client.preparation.paths import voxel_file as voxel_path
from client.site.site_file import Columns, Data, Site
from server.federation import Federation
from server.journal import Journal
from server.stages.cluster import cluster
from shared.clustering.clusterings import of_omission
from shared.clustering.clusters import Clusters, moments_of
from shared.clustering.gaussian_mixture import Mixture, from_clusters, maximization
from shared.clustering.start import Moments, start
from shared.errors import Code, MrfedError
from shared.privacy.policy import Policy
from shared.step import Step
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key
from tests.pooled_mixture import pooled_mixture
from tests.small_hospital import study as plain_study

SITES = ("a", "b", "c")
PATIENTS = 9
Begin = Callable[..., Federation]


def habitat_study(**habitats: object) -> Study:
    """Three sites that look for three habitats over wash-in and ADC, and leave each out once."""
    asked = {"maps": ["wash_in", "adc"], "clusters": [3]} | habitats
    return plain_study(
        imaging={"sequences": ["dce", "dwi"]},
        maps=[{"name": "wash_in"}, {"name": "adc"}],
        radiomics={"preset": "ibsi", "habitats": asked},
        privacy={"site_sums": "derivable", "minimum_patients": 3},
        federation={"sites": list(SITES), "quorum": 3},
        harmonization={"left_out_site": "raw"},
        evaluation={"folds": 0},
    )


def voxels_of(site: int, voxels: int | None = None) -> dict[str, np.ndarray]:
    """Patients whose tumours have three parts, in the units of wash-in and ADC; the last has no clinical row."""
    rng = np.random.default_rng(site)
    centres = np.array([[1.0, 1.4e-3], [3.0, 0.8e-3], [2.2, 1.7e-3]])
    found = {}
    for number in range(PATIENTS + 1):
        parts = [rng.integers(20, 60) for _ in centres] if voxels is None else [voxels] * 3
        spread = [0.25, 1e-4]
        drawn = [rng.normal(centre, spread, (count, 2)) for centre, count in zip(centres, parts, strict=True)]
        found[f"P{number}"] = np.float64(np.float32(np.vstack(drawn) + rng.normal(0, 0.3, 2) * spread))
    return found


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """Three sites whose first pass is done, enrolled in a study."""

    def enrolled(study: Study, voxels: dict[str, dict[str, np.ndarray]], least: int = 3) -> Federation:
        sites = []
        for name, own in voxels.items():
            folder = tmp_path / name
            folder.mkdir()
            patients = [f"P{number}" for number in range(PATIENTS)]
            ihc = ["0" if number % 2 else "1+" for number in range(PATIENTS)]
            pd.DataFrame({"patient": patients, "ihc": ihc, "ish": ""}).to_csv(folder / "clinical.csv", index=False)
            sites.append(
                Site(
                    name=name,
                    data=Data(dicom=folder, clinical=folder / "clinical.csv"),
                    columns=Columns(ihc="ihc", ish="ish"),
                    workspace=folder / "workspace",
                )
            )
            prepared = prepared_folder(sites[-1], study)
            prepared.mkdir(parents=True)
            table = pa.table({"patient": [*own], "adc.tumour.Mean": [one[:, 1].mean() for one in own.values()]})
            pq.write_table(table.replace_schema_metadata({SETTINGS_KEY: b"same"}), prepared / "features.parquet")
            voxel_file.write_all(voxel_path(sites[-1], study), own)
        policy = Policy(minimum_patients=least, patients_per_coefficient=0, reason="synthetic")
        approve_everywhere(study, sites, key := coordinator_key(tmp_path), policy)
        grid = InProcessGrid(sites)
        federation = Federation(grid, study, "run", Journal(tmp_path / "journal"), key, grid.nodes)
        federation.enroll()
        return federation

    return enrolled


def pooled(voxels: dict[str, dict[str, np.ndarray]], left_out: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Vectors and weights of everyone who enters, of all sites but one."""
    entering = [own[f"P{n}"] for site, own in voxels.items() if site != left_out for n in range(PATIENTS)]
    return np.vstack(entering), np.concatenate([np.full(len(one), 1 / len(one)) for one in entering])


def started(federation: Federation, omission: int) -> tuple[Moments, np.ndarray]:
    """How the stage scaled the maps, and where it began."""
    moments = moments_of(of_omission(federation.exchanges[1].totals, omission))
    cells = of_omission(federation.exchanges[2].totals, omission)
    return moments, start(cells["cell_weight"], cells["cell_total"], 3, 1)


def search(federation: Federation) -> tuple[Clusters, ...]:
    """The exchanges of a search for habitats, in their order."""
    federation.ask(Step.VOXELS)
    federation.ask(Step.CELLS)
    return cluster(federation)


@pytest.mark.parametrize("omission", range(4))
@pytest.mark.slow
def test_k_means_equals_pooled_scikit_learn(begin: Begin, omission: int) -> None:
    study, voxels = habitat_study(), {site: voxels_of(number) for number, site in enumerate(SITES)}
    federation = begin(study, voxels)
    found = search(federation)[omission]
    rounds = len(federation.exchanges) - 3
    assert [one.step for one in federation.exchanges][:4] == ["enroll", "voxels", "cells", "cluster-0"]
    assert 2 + rounds <= 12
    vectors, weights = pooled(voxels, (None, *SITES)[omission])
    mean = np.average(vectors, axis=0, weights=weights)
    deviation = np.sqrt(np.average((vectors - mean) ** 2, axis=0, weights=weights))
    np.testing.assert_allclose(found.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(found.scale, deviation, rtol=1e-9)
    moments, centroids = started(federation, omission)
    assert moments.weight == pytest.approx(PATIENTS * (3 if omission == 0 else 2), abs=1e-9)
    reference = KMeans(3, init=centroids, n_init=1, tol=0, max_iter=rounds)
    reference.fit(moments.scaled(vectors), sample_weight=weights)
    order = np.argsort(reference.cluster_centers_[:, 0])
    np.testing.assert_allclose(found.centroids, reference.cluster_centers_[order], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(found.label(vectors), 1 + np.argsort(order)[reference.labels_])
    assert (np.diff(found.means[:, 0]) > 0).all(), "numbered by mean wash-in"


def test_a_mixture_equals_pooled_scikit_learn(begin: Begin) -> None:
    study = habitat_study(model="gaussian_mixture", criterion="bic", iterations=5)
    # Tumours of one size: scikit-learn's mixtures know no weights.
    voxels = {site: voxels_of(number, 40) for number, site in enumerate(SITES)}
    federation = begin(study, voxels)
    found = search(federation)[0]
    vectors, weights = pooled(voxels, None)
    moments, centroids = started(federation, 0)
    scaled = moments.scaled(vectors)
    first = maximization(from_clusters(scaled, weights, centroids))
    reference = pooled_mixture(scaled, first, 4)
    order = np.argsort(reference.means_[:, 0])
    assert isinstance(found.mixture, Mixture)
    np.testing.assert_allclose(found.mixture.weights, reference.weights_[order], rtol=1e-9)
    np.testing.assert_allclose(found.mixture.means, reference.means_[order], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.mixture.covariances, reference.covariances_[order], rtol=1e-9, atol=1e-9)


def test_a_run_that_was_broken_off_ends_in_the_same_place(begin: Begin, tmp_path: Path) -> None:
    study, voxels = habitat_study(iterations=3), {site: voxels_of(number) for number, site in enumerate(SITES)}
    federation = begin(study, voxels)
    first = search(federation)
    asked = federation._journal
    assert asked.find(f"{Step.CLUSTER}-2") is not None
    resumed = Federation(federation._delivery.grid, study, "run", asked, federation._key, federation._nodes)
    resumed.enroll()
    for one, other in zip(first, search(resumed), strict=True):
        np.testing.assert_array_equal(one.centroids, other.centroids)


def test_a_habitat_of_one_patient_is_refused(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    voxels = {site: voxels_of(number) for number, site in enumerate(SITES)}
    for number, own in enumerate(voxels.values()):  # one patient a site far away from all others
        own[f"P{number}"] = np.float64(np.float32(own[f"P{number}"] + [60.0, 0.0]))
    federation = begin(habitat_study(), voxels)
    with pytest.raises(MrfedError, match="answered refused") as caught:
        search(federation)
    assert caught.value.code is Code.REFUSED
    assert re.search(r"habitat \d of 3 is about [12]\.\d patients here, fewer than 3; ask for fewer", caplog.text)


def test_cells_of_few_patients_are_left_empty(begin: Begin) -> None:
    voxels = {site: voxels_of(number) for number, site in enumerate(SITES)}
    federation = begin(habitat_study(iterations=2), voxels)
    search(federation)
    _, weights = pooled(voxels, None)
    told = federation.exchanges[2].totals["cell_weight"][0]
    assert 0 < told.sum() < weights.sum(), "tails of few patients are missing"
    assert (told[told > 0] > 0.01).all()


def test_too_few_patients_with_voxels(begin: Begin, caplog: pytest.LogCaptureFixture) -> None:
    voxels = {site: voxels_of(number) for number, site in enumerate(SITES)}
    study = habitat_study()
    federation = begin(study, voxels)
    kept = {name: one for name, one in voxels["b"].items() if name in ("P0", "P1")}
    site = federation._delivery.grid._sites[2]
    voxel_file.write_all(voxel_path(site, study), kept)
    with pytest.raises(MrfedError, match="answered too-few-patients"):
        search(federation)
    assert "2 patients have voxels of which habitats are made, and the minimum is 3" in caplog.text
