"""A study with a standard histogram and habitats: equal to its pooled computation, and the same features elsewhere."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sklearn.cluster import KMeans

from client.approval import approval
from client.cohort import table
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.prediction import predict, unseen_site_table
from client.preparation import second_pass, voxel_file
from client.preparation.paths import feature_path
from client.preparation.paths import voxel_file as voxel_path
from client.preparation.prepare import prepare
from client.site.site_file import Columns, Data, Site
from shared.clustering.clusterings import of_omission
from shared.clustering.clusters import Clusters, moments_of
from shared.clustering.start import start
from shared.results import bundle
from shared.results import result as results
from shared.results.result import Result
from shared.sections.imaging import ImageName
from shared.sections.selection import Univariate
from shared.step import Step
from shared.study.plan import LeftOutSite, Nobody, View
from shared.study.study import Study
from simulations.simulate import simulate
from tests.habitat_study import MAPS
from tests.pooled_standard import pooled as pooled_standard
from tests.small_hospital import study as plain_study
from tests.small_hospital import write_patient

pytestmark = pytest.mark.slow
SITES = ("a", "b", "c")
PATIENTS = 6
FIRST_ORDER = {
    "setting": {"binWidth": 25, "resampledPixelSpacing": [1, 1, 1], "interpolator": "sitkBSpline"},
    "imageType": {"Original": {}},
    "featureClass": {"firstorder": []},
}


@dataclass(frozen=True)
class Done:
    """The study, and where its parts lie."""

    study: Study
    sites: list[Site]
    result: Result
    folder: Path

    def run_of(self, site: Site) -> Run:
        approved = approval.latest(site.workspace, self.study.digest)
        assert approved is not None
        return Run(site, approved, "simulation")


def asked() -> Study:
    """Tumour, a ring and two habitats, of the early phase on the standard histogram and of two maps."""
    plain = plain_study(
        imaging={"sequences": ["dce"], "phases": {"early_s": 60, "late_s": 200}, "steps": [{"step": "nyul"}]},
        maps=MAPS,
        radiomics={
            "parameters": FIRST_ORDER,
            "regions": [{"region": "tumour"}, {"region": "ring", "to_mm": 3}],
            "habitats": {"maps": ["wash_in", "washout"], "clusters": [2], "iterations": 4},
        },
    )
    return plain.model_copy(
        update={
            "evaluation": plain.evaluation.model_copy(update={"folds": 2}),
            "privacy": plain.privacy.model_copy(update={"minimum_patients": 1}),
            "federation": plain.federation.model_copy(update={"quorum": 3}),
            "harmonization": plain.harmonization.model_copy(update={"own_patients": 2}),
            "selection": Univariate(keep=2),
        }
    )


def hospital(folder: Path, name: str) -> Site:
    patients = sorted(path.name for path in (folder / name / "dicom").iterdir())
    ihc = ["0" if number % 2 else "1+" for number in range(len(patients))]
    pd.DataFrame({"patient": patients, "ihc": ihc, "ish": ""}).to_csv(folder / name / "c.csv", index=False)
    return Site(
        name=name,
        patients="simulated",
        data=Data(dicom=folder / name / "dicom", clinical=folder / name / "c.csv"),
        columns=Columns(ihc="ihc", ish="ish"),
        workspace=folder / name / "workspace",
        workers=1,
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The study, run once."""
    folder = tmp_path_factory.mktemp("study")
    for number, name in enumerate(SITES):
        for one in range(PATIENTS):
            patient = f"{name}{one}"
            write_patient(folder / name / "dicom" / patient, patient, seed=100 * number + one)
    study, sites = asked(), [hospital(folder, name) for name in SITES]
    return Done(study, sites, simulate(study, sites, folder / "out"), folder)


def test_both_come_before_the_features_in_one_study(done: Done) -> None:
    steps = [one.step for one in done.result.exchanges]
    assert steps[: steps.index("describe")] == [
        "enroll",
        "normalize",
        "voxels",
        "cells",
        *[f"cluster-{number}" for number in range(steps.index("inventory") - 4)],
        "inventory",
    ]
    harmonized = done.result.model.harmonization  # type: ignore[union-attr]
    assert harmonized is not None
    regions = {name.split(".")[1] for name in harmonized.features}
    assert regions == {"tumour", "ring_0_3mm", "habitat_1", "habitat_2"}


@pytest.mark.parametrize("omission", [0, 2])
def test_it_equals_the_pooled_computation(done: Done, tmp_path: Path, omission: int) -> None:
    """All patients in one place: their mean histogram, scikit-learn's k-means over their voxels, their features."""
    names = [name for number, name in enumerate(SITES) if number + 1 != omission]
    runs = [done.run_of(site) for site in done.sites]
    expected = pooled_standard(done.folder, names, tmp_path)
    standards = {ImageName.EARLY: tuple(expected.tolist())}
    np.testing.assert_allclose(runs[0].standards[omission][ImageName.EARLY], expected, rtol=1e-9, atol=1e-9)

    for name in SITES:
        for patient in (done.folder / name / "dicom").iterdir():
            shutil.copytree(patient, tmp_path / "pool" / "dicom" / patient.name)
    pool = hospital(tmp_path, "pool")
    prepare(pool, done.study, standards=standards)
    within = [f"{name}{one}" for name in names for one in range(PATIENTS)]
    voxels = voxel_file.read_all(voxel_path(pool, done.study, standards), within)
    found = runs[0].clusterings[omission]
    moments = moments_of(of_omission(runs[0].told(Step.VOXELS), omission))
    cells = of_omission(runs[0].told(Step.CELLS), omission)
    begin = start(cells["cell_weight"], cells["cell_total"], 2, done.study.habitats.seed)  # type: ignore[union-attr]
    mean = np.average(voxels.vectors, axis=0, weights=voxels.weights)
    scale = np.sqrt(np.average((voxels.vectors - mean) ** 2, axis=0, weights=voxels.weights))
    rounds = len([one for one in done.result.exchanges if one.step.startswith("cluster-")])
    fitted = KMeans(2, init=begin, n_init=1, tol=0, max_iter=rounds, algorithm="lloyd").fit(
        (voxels.vectors - mean) / scale, sample_weight=voxels.weights
    )
    own = Clusters.of(moments, fitted.cluster_centers_)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-9)
    np.testing.assert_allclose(found.scale, scale, rtol=1e-9)
    np.testing.assert_allclose(found.centroids, own.centroids, rtol=1e-9, atol=1e-9)

    pooled = second_pass.with_habitats(pool, done.study, (standards,), (own,))[0]
    alone = pd.read_parquet(pooled).set_index("patient")
    for run in runs:  # voxels are of single precision, which a standard in another last bit may round otherwise
        ours = run.table.variants[omission]
        theirs = alone.loc[run.table.patients, list(run.table.features)].to_numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)
    left_out = Nobody() if omission == 0 else LeftOutSite(SITES[omission - 1])
    fit = [fit.left_out for fit in runs[0].fits].index(left_out)
    entered = [one for run in runs if run.site.name in names for one in run.table.patients]
    total = alone.loc[entered, list(runs[0].table.features)].sum().to_numpy()
    np.testing.assert_allclose(runs[0].told(Step.HARMONIZE)["sum_x"][fit], total, rtol=1e-6, atol=1e-9)


def test_an_external_site_has_the_histogram_and_the_habitats_of_the_others(done: Done, tmp_path: Path) -> None:
    """The same as where that site is left out in turn; here no fit knows it, and its labels are the other way round."""
    section = done.study.evaluation
    alone = {"leave_one_site_out": False, "external_sites": ("c",)}
    study = done.study.model_copy(update={"evaluation": section.model_copy(update=alone)})
    study = Study.model_validate(study.model_dump())
    *training, outside = done.sites
    assert outside.data.clinical is not None
    labels = pd.read_csv(outside.data.clinical, dtype=str)
    labels.assign(ihc=labels["ihc"].map({"0": "1+", "1+": "0"})).to_csv(tmp_path / "c.csv", index=False)
    data = outside.data.model_copy(update={"clinical": tmp_path / "c.csv"})
    sites = [*training, outside.model_copy(update={"data": data})]
    external = Done(study, sites, simulate(study, sites, tmp_path / "out"), tmp_path)

    ours, theirs = ([one.run_of(site) for site in one.sites] for one in (external, done))
    without = theirs[0].omissions.index(LeftOutSite("c"))
    fit = [fit.left_out for fit in theirs[0].fits].index(LeftOutSite("c"))
    assert ours[0].omissions == (Nobody(),)
    assert ours[2].standards[0] == theirs[2].standards[without], "to the last bit"
    np.testing.assert_array_equal(ours[2].clusterings[0].centroids, theirs[2].clusterings[without].centroids)
    for own, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(own.table.x, other.table.variants[without])
        for name in ("sum_x", "sxx", "count"):
            total = own.told(Step.HARMONIZE)[name][0]
            np.testing.assert_allclose(total, other.told(Step.HARMONIZE)[name][fit], rtol=1e-12)
    judged = external.result.evaluations[-1]
    assert judged.view is View.EXTERNAL
    assert judged.pooled.patients == (~ours[2].part(Harmonized).calibration).sum() >= 3
    positives = (ours[2].table.y == 1)[~ours[2].part(Harmonized).calibration].sum()
    assert positives == 1
    assert judged.pooled.positives is None, "a class of a single patient is hidden, and so is what tells of it"


@pytest.fixture(scope="module")
def unseen_site(done: Done, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A hospital that took no part: the same patients as those of `b`."""
    folder = tmp_path_factory.mktemp("unseen_site")
    shutil.copytree(done.folder / "b" / "dicom", folder / "d" / "dicom")
    return hospital(folder, "d")


def test_a_hospital_that_took_no_part_has_the_same_features_from_the_bundle(
    done: Done, unseen_site: Site, tmp_path: Path
) -> None:
    bundle.write(path := tmp_path / bundle.NAME, bundle.of_result(done.result), "card", Ed25519PrivateKey.generate())
    trained = bundle.read(path).model
    assert trained.standards[ImageName.EARLY] == done.run_of(done.sites[0]).standards[0][ImageName.EARLY]
    features = second_pass.of_model(unseen_site, trained, 1)
    own = table.load(unseen_site, trained.study, features, labelled=False)
    run = done.run_of(done.sites[1])
    assert own.features == run.table.features
    np.testing.assert_array_equal(own.x, run.table.variants[0])
    assert own.settings in trained.settings
    ring = [name for name in own.features if ".ring_" in name]
    assert ring
    assert np.isfinite(own.x[:, [own.features.index(name) for name in ring]]).all()

    found = predict.predict(unseen_site, trained, own)
    assert [one.patient for one in found.patients] == [f"b{one}" for one in range(PATIENTS)]
    assert not feature_path(unseen_site, trained.study).exists(), "nothing of its own histogram"


def test_a_patient_who_comes_later_has_hers_too(done: Done, unseen_site: Site) -> None:
    trained = bundle.of_result(done.result)
    before = pd.read_parquet(second_pass.of_model(unseen_site, trained, 1))
    assert unseen_site.data.dicom is not None
    shutil.copytree(done.folder / "c" / "dicom" / "c0", unseen_site.data.dicom / "c0")
    after = pd.read_parquet(second_pass.of_model(unseen_site, trained, 1)).set_index("patient")
    pd.testing.assert_frame_equal(after.loc[before["patient"]].reset_index(names="patient"), before)
    run = done.run_of(done.sites[2])
    columns = list(run.table.features)
    np.testing.assert_array_equal(after.loc["c0", columns].to_numpy(float), run.table.variants[0][0])


def test_harmonize_takes_them_from_the_result(done: Done, unseen_site: Site, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(done.result.model_dump_json())
    written = unseen_site_table.write(unseen_site, results.load(file), tmp_path / "harmonized.csv")
    assert written.patients >= PATIENTS
    columns = pd.read_csv(tmp_path / "harmonized.csv").columns
    assert "habitats.tumour.original_habitats_Fraction1" in columns
