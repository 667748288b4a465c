"""A whole study in one process, on tables shaped as the demonstration's: exchanges, bytes, equality through masks."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from client.approval import approval
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.site.site_file import Columns, Data, Site
from harmonization.combat import Settings, harmonize_pooled
from shared.contract.schedule import schedule
from shared.study import study as study_file
from shared.study.study import Study
from simulations.simulate import simulate
from tests.bench.figure import Figure

PATIENTS, FEATURES = 30, 293


def sites(study: Study, folder: Path) -> list[Site]:
    """Give every site of the study a table of synthetic patients."""
    settled = []
    for seed, name in enumerate(study.federation.sites):
        random = np.random.default_rng(seed)
        x = random.normal(seed, 1 + seed / 3, (PATIENTS, FEATURES))
        table = pd.DataFrame(x, columns=[f"f{index}" for index in range(FEATURES)]).assign(
            patient=[f"{name}-{index}" for index in range(PATIENTS)],
            age=random.integers(30, 80, PATIENTS),
            ihc=np.where(np.arange(PATIENTS) % 3 == 0, "0", "1+"),
        )
        (folder / name).mkdir()
        table.to_csv(folder / name / "table.csv", index=False)
        settled.append(
            Site(
                name=name,
                data=Data(features=folder / name / "table.csv"),
                columns=Columns(ihc="ihc"),
                feature_columns="f",
                workspace=folder / name / "workspace",
            )
        )
    return settled


def figures() -> Iterator[Figure]:
    """Run the demonstration's study without its images."""
    logging.disable(logging.WARNING)
    demo = study_file.named(Path("demo"))
    study = demo.model_copy(update={"imaging": None, "maps": (), "radiomics": None})
    with tempfile.TemporaryDirectory() as name:
        there = sites(study, Path(name))
        result = simulate(study, there, Path(name) / "coordinator")
        runs = []
        for site in there:
            approved = approval.latest(site.workspace, study.digest)
            assert approved is not None
            runs.append(Run(site, approved, "simulation"))
        cohorts = [run.part(Harmonized).cohort for run in runs]
        pooled = harmonize_pooled(
            np.concatenate([cohort.x for cohort in cohorts]),
            np.concatenate([cohort.batch for cohort in cohorts]),
            np.concatenate([cohort.z for cohort in cohorts]),
            Settings(),
        )
        consensus = runs[0].part(Harmonized).consensus.fit(0)
        ours = (
            np.concatenate([run.part(Harmonized).u[0] for run in runs]) * np.sqrt(consensus.variance) + consensus.alpha
        )
        worst = float(np.abs((ours - pooled.x) / np.sqrt(consensus.variance)).max())
    logging.disable(logging.NOTSET)
    up = [
        traffic.bytes_up
        for exchange in result.exchanges
        for traffic in exchange.traffic
        if traffic.site == there[0].name
    ]
    habitats = schedule(demo).longest - schedule(study).longest  # which take as many exchanges as they may
    yield Figure("study.exchanges_demo", len(result.exchanges) + habitats, "exchanges", "lower", 16)
    yield Figure("study.megabytes_up_per_site_demo", sum(up) / 1e6, "MB", "lower")
    yield Figure("study.combat_worst_difference_through_masks", worst, "feature SD", "lower", 1e-9)
