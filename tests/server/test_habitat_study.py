"""A whole study whose features hang on habitats: from DICOM to the result."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.approval import approval
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.preparation.paths import habitat_tables
from client.preparation.prepare import prepare
from client.site.site_file import Columns, Data, Site
from shared.sections.selection import Univariate
from shared.step import Step
from shared.study.plan import LeftOutSite, Nobody
from simulations.simulate import simulate
from tests.habitat_study import habitat_study
from tests.small_hospital import write_patient

PATIENTS = 6


@pytest.mark.slow
def test_every_fit_has_the_habitats_of_its_sites(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked = habitat_study(iterations=2)
    study = asked.model_copy(
        update={
            "evaluation": asked.evaluation.model_copy(update={"folds": 2}),
            "privacy": asked.privacy.model_copy(update={"minimum_patients": 1}),
            "federation": asked.federation.model_copy(update={"quorum": 3}),
            "harmonization": asked.harmonization.model_copy(update={"own_patients": 2}),
            "selection": Univariate(keep=2),
        }
    )
    sites = []
    for number, name in enumerate(study.federation.sites):
        patients = [f"{name}{one}" for one in range(PATIENTS)]
        for one, patient in enumerate(patients):
            write_patient(tmp_path / name / "dicom" / f"folder {one}", patient, seed=100 * number + one)
        ihc = ["0", "1+"] * (PATIENTS // 2) + ["0"]
        listed = [*patients, f"{name} without images"]
        pd.DataFrame({"patient": listed, "ihc": ihc, "ish": ""}).to_csv(tmp_path / name / "c.csv", index=False)
        sites.append(
            Site(
                name=name,
                data=Data(dicom=tmp_path / name / "dicom", clinical=tmp_path / name / "c.csv"),
                columns=Columns(ihc="ihc", ish="ish"),
                workspace=tmp_path / name / "workspace",
                workers=1,
            )
        )
        prepare(sites[-1], study)
    with caplog.at_level(logging.WARNING, logger="client"):
        result = simulate(study, sites, tmp_path / "out")
    # once, and not for the features of every omission
    assert [caplog.text.count(f"{one.name} without images is left out: no-features") for one in sites] == [1, 1, 1]

    assert [one.step for one in result.exchanges][:6] == [
        "enroll",
        "voxels",
        "cells",
        "cluster-0",
        "cluster-1",
        "inventory",
    ]
    assert len([name for name in result.model.harmonization.features if "habitat" in name]) == 3 + 2 * 3 * 20  # type: ignore[union-attr]
    assert result.model.training.fits == 1 + 2 + 3
    runs = []
    for site in sites:
        approved = approval.latest(site.workspace, study.digest)
        assert approved is not None
        runs.append(Run(site, approved, "simulation"))
    for omission, left_out in enumerate((None, *study.federation.sites)):
        found = runs[0].clusterings[omission]
        assert all(np.array_equal(one.clusterings[omission].centroids, found.centroids) for one in runs)
        assert (np.diff(found.means[:, 0]) > 0).all()
        fit = [fit.left_out for fit in runs[0].fits].index(Nobody() if left_out is None else LeftOutSite(left_out))
        columns = list(runs[0].table.features)
        total = np.zeros(len(columns))
        for run in runs:
            if run.site.name != left_out:
                path = habitat_tables(run.site, study, run.clusterings)[omission]
                total += pd.read_parquet(path)[columns].sum().to_numpy()
        told = runs[0].told(Step.HARMONIZE)["sum_x"][fit]
        np.testing.assert_allclose(told, total, rtol=1e-9, atol=1e-12)
    # Who is left out is judged by features whose habitats were found without her site.
    own, variants = runs[1], runs[1].table.variants
    index = [fit.left_out for fit in own.fits].index(LeftOutSite(own.site.name))
    np.testing.assert_array_equal(own.part(Harmonized).cohort_of(own.fits[index]).x, variants[2])
    assert not np.array_equal(variants[0], variants[2])
