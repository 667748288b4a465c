"""A study of ready tables at three simulated sites, run in this process and seen from all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from client.approval import approval
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from client.site.site_file import Columns, Data, Site
from shared.models.registry import LEARNERS
from shared.results.result import Result
from shared.sections.governance import Governance
from shared.sections.privacy import SiteSums
from shared.study.study import Study
from simulations.simulate import simulate

SITES = {"alpha": 70, "beta": 80, "gamma": 90}
FEATURES = 7


def tables(classes: int, seed: int = 3) -> dict[str, pd.DataFrame]:
    """Simulated patients: three of seven features tell ordered classes apart a little, and sites shift them.

    Without classes the endpoint is the score behind them, in per cent.
    """
    by_site = {}
    for shift, (name, patients) in enumerate(SITES.items()):
        random = np.random.default_rng((seed, shift))
        x = random.normal(size=(patients, FEATURES)) @ np.random.default_rng(seed).normal(size=(FEATURES, FEATURES)) / 2
        score = x[:, 0] - 0.7 * x[:, 1] + np.abs(x[:, 2]) + random.logistic(size=patients)
        rows = pd.DataFrame(shift + (1 + shift / 4) * x, columns=[f"f{number}" for number in range(FEATURES)])
        by_site[name] = rows.assign(
            patient=[f"{name}-{number}" for number in range(patients)],
            grade=np.digitize(score, np.quantile(score, np.arange(1, classes) / classes))
            if classes
            else (50 + 8 * score).clip(0, 100),
        )
    return by_site


def study(classes: int, kind: str = "", **changes: object) -> Study:
    """All fits that a study has: the final one, folds and left-out sites."""
    kind = kind or {0: "continuous", 2: "binary"}.get(classes, "ordinal")
    number = {} if classes else {"plausible": [0, 100], "unit": "%"}
    return Study.model_validate(
        {
            "name": "equality",
            "title": "Models against their references",
            "question": {
                "endpoint": {
                    "kind": kind,
                    "column": "grade",
                    "classes": [{"name": f"grade {number}", "values": [number]} for number in range(classes)],
                    **number,
                },
                "patients": "simulated",
            },
            "governance": Governance(ethics="none needed", data_use="synthetic", expires=date(2099, 12, 31)),
            "harmonization": {"method": "combat", "left_out_site": "transductive"},
            "evaluation": {"folds": 2, "resamples": 0, "inner_folds": 2},
            "comparators": {"without_harmonization": False, "site_identity": False},
            "privacy": {"site_sums": SiteSums.DERIVABLE, "minimum_patients": 2},
            "federation": {"sites": tuple(SITES), "quorum": 3, "deadline_s": 60},
            **changes,
        }
    )


def settle(folder: Path, of_sites: dict[str, pd.DataFrame]) -> list[Site]:
    """Sites with these tables, each with a workspace of its own."""
    sites = []
    for name, table in of_sites.items():
        own = folder / name
        own.mkdir(parents=True)
        table.to_csv(own / "table.csv", index=False)
        sites.append(
            Site(
                name=name,
                data=Data(features=own / "table.csv"),
                columns=Columns(),
                feature_columns="f",
                workspace=own / "workspace",
                patients="simulated",
            )
        )
    return sites


@dataclass(frozen=True)
class Finished:
    """A study that has been run, seen from all its sites."""

    study: Study
    result: Result
    sites: list[Site]

    @classmethod
    def run(cls, asked: Study, sites: list[Site], folder: Path) -> "Finished":
        """Run it in this process."""
        return cls(asked, simulate(asked, sites, folder / "coordinator"), sites)

    @cached_property
    def runs(self) -> list[Run]:
        """Each site's part, read back from its disk."""
        kept = [approval.latest(site.workspace, self.study.digest) for site in self.sites]
        return [
            Run(site, approved, "simulation")
            for site, approved in zip(self.sites, kept, strict=True)
            if approved is not None
        ]

    @cached_property
    def learned(self):  # type: ignore[no-untyped-def]
        """What all know."""
        return self.runs[0].part(Learning).learned

    @cached_property
    def trainer(self):  # type: ignore[no-untyped-def]
        """Where training ended."""
        return self.learned.trainer(self.result.model.training.iterations)

    def rows(self, task: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Design and classes of the training patients of every site."""
        return [run.part(Learning).rows(task) for run in self.runs]

    def pooled(self, task: int) -> tuple[np.ndarray, np.ndarray]:
        """The same as one table, standardized features alone."""
        parts = self.rows(task)
        return np.concatenate([part[:, 1:] for part, _ in parts]), np.concatenate([y for _, y in parts]).astype(int)

    def risks(self, task: int, z: np.ndarray) -> np.ndarray:
        """(n, classes) by our model, at the first penalty."""
        design = np.concatenate([np.ones((len(z), 1)), z], axis=1)
        return LEARNERS[self.study.model.kind].predict(design, self.trainer.coefficients[task, 0], self.learned.classes)

    @property
    def tasks(self) -> range:
        """Of the model in every fit."""
        return range(len(self.learned.fits))

    def worst(self, compare: Callable[[int], float]) -> float:
        """Largest difference over all fits."""
        return max(compare(task) for task in self.tasks)
