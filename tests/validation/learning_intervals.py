"""How often intervals and tests err where there is nothing to find: a part of docs/validation-learning.md.

At feature level by the functions of a study (`interval_scenario`), and through the whole product: tables on disk, four
sites that train and one that trains nothing, approval, masks and the report's result. Each cohort of the whole product
is kept as it is made, so that an interrupted run goes on where it stopped.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from client.site.site_file import Columns, Data, Site
from shared.files import durable_file
from shared.folds import generator
from shared.results.result import Result
from shared.study.plan import Arm, View
from shared.study.study import Study
from simulations.simulate import simulate
from tests.validation import interval_scenario as scenario

COHORTS, WHOLE = 1000, 1000
_AT_ONCE = 10
"""Cohorts of the whole product between two writes."""
_EFFECT = 0.8
_EXTERNAL = "e"
_WORDS = {
    "missed": "95 % interval of the AUC misses the true one",
    "excludes": "the same excludes 0.5, where nothing is to be found",
    "beyond": "AUC beyond the range that chance gives, where nothing is to be found",
    "differs": "95 % interval of the difference of two models that cannot be told apart excludes 0",
    "rejected": "p of that difference under 0.05",
}
STUDY = Study.model_validate(
    scenario.STUDY.model_dump(mode="json")
    | {
        "name": "intervals-of-nothing",
        "evaluation": {"folds": scenario.FOLDS, "external_sites": [_EXTERNAL], "explain": False},
        "comparators": {"each_site_alone": False, "site_identity": False},
        "privacy": {"site_sums": "derivable", "minimum_patients": 5},
        "federation": {"sites": [*scenario.SITES, _EXTERNAL]},
    }
)
"""Two models that cannot be told apart are that on harmonized features and that on features as they are."""


def of_functions() -> list[dict[str, Any]]:
    """Size and coverage at feature level: without an effect, with one, and without selection."""
    rows = []
    for words, effect, study in (
        (f"nothing to find, {scenario.KEEP} features selected by F", 0.0, scenario.STUDY),
        ("nothing to find, no selection", 0.0, scenario.WIDE),
        (f"an effect of {_EFFECT} SD, {scenario.KEEP} features selected by F", _EFFECT, scenario.STUDY),
    ):
        cohorts = [scenario.cohort(seed, effect, study) for seed in range(COHORTS)]
        for view in scenario.VIEWS:
            found = vars(scenario.counts(cohorts, view))
            kept = found if effect == 0 else {name: found[name] for name in ("missed", "differs", "rejected")}
            rows.append({"words": words, "view": view.value, "cohorts": COHORTS, "found": kept})
    return rows


def of_product(kept: Path, cohorts: int = WHOLE) -> list[dict[str, Any]]:
    """Size through the whole product.

    Parameters
    ----------
    kept : file of the cohorts that are done; those that are missing are made
    cohorts : how many
    """
    done = _read(kept)
    for seed in range(len(done), cohorts):
        done.append(_cohort(seed))
        if (seed + 1) % _AT_ONCE == 0 or seed + 1 == cohorts:
            durable_file.write(kept, json.dumps(done).encode(), 0o644)
    return summed(done)


def kept_of_product(kept: Path) -> list[dict[str, Any]]:
    """The same of the cohorts that are there."""
    return summed(_read(kept))


def summed(done: Sequence[dict[str, dict[str, bool]]]) -> list[dict[str, Any]]:
    """Errors of each view over cohorts."""
    return [
        {
            "words": "nothing to find, the whole product",
            "view": view.value,
            "cohorts": len(done),
            "found": {name: sum(one[view.value][name] for one in done) for name in done[0][view.value]},
        }
        for view in (scenario.VIEWS if done else ())
    ]


def of_intervals(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The table."""
    yield from (
        "| cohorts | evaluated on | what goes wrong | how often | share | 99 % |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    )
    for row in rows:
        for name, count in row["found"].items():
            if name == "rejected" and row["view"] == View.CROSS_VALIDATION.value:
                continue
            between = binomtest(count, row["cohorts"]).proportion_ci(0.99, "exact")
            yield (
                f"| {row['words']} | {row['view']} | {_WORDS[name]} | {count} of {row['cohorts']} | "
                f"{count / row['cohorts']:.1%} | {between.low:.1%} to {between.high:.1%} |"
            )


def _read(kept: Path) -> list[dict[str, dict[str, bool]]]:
    return list(json.loads(kept.read_text())) if kept.exists() else []


def _cohort(seed: int) -> dict[str, dict[str, bool]]:
    study = STUDY.model_copy(update={"evaluation": STUDY.evaluation.model_copy(update={"seed": seed + 1})})
    with tempfile.TemporaryDirectory() as folder:
        return errors(simulate(study, sites(Path(folder), seed), Path(folder) / "coordinator"))


def sites(folder: Path, seed: int) -> list[Site]:
    """Tables of one cohort in which the class has no effect.

    Parameters
    ----------
    folder : where they are written
    seed : of the patients
    """
    random, made = generator(seed, "intervals of nothing"), []
    for place, name in enumerate((*scenario.SITES, _EXTERNAL)):
        positive = random.random(scenario.PATIENTS) < (*scenario.PREVALENCES, 0.45)[place]
        # every class has the patients that a site needs to tell of it
        positive[:8], positive[-8:] = True, False
        shift, scale = random.normal(0, 1, scenario.FEATURES), random.uniform(0.6, 1.6, scenario.FEATURES)
        x = shift + scale * random.normal(size=(scenario.PATIENTS, scenario.FEATURES))
        table = pd.DataFrame(x, columns=[f"f{index}" for index in range(scenario.FEATURES)]).assign(
            patient=[f"{name}-{index:03d}" for index in range(scenario.PATIENTS)],
            ihc=np.where(positive, "1+", "0"),
            ish="",
            scanner=f"Siemens Skyra 3 T {name}",
        )
        (folder / name).mkdir()
        table.to_csv(folder / name / "table.csv", index=False)
        made.append(
            Site(
                name=name,
                data=Data(features=folder / name / "table.csv"),
                columns=Columns(ihc="ihc", ish="ish", scanner="scanner"),
                feature_columns="f",
                workspace=folder / name / "workspace",
            )
        )
    return made


def errors(result: Result) -> dict[str, dict[str, bool]]:
    """What the result says wrongly of each view, where nothing is to be found."""
    found = {}
    for one in result.evaluations:
        within = one.stratified
        other = next(line for line in result.comparisons if line.view is one.view and line.arm is Arm.UNHARMONIZED)
        interval, apart = within.interval, other.difference_interval
        auc, low, high = (
            0.5 if value is None else value for value in (within.auc, within.chance_low, within.chance_high)
        )
        excludes = interval is not None and not interval.low <= 0.5 <= interval.high
        found[one.view.value] = {
            "excludes": excludes,
            "beyond": not low <= auc <= high,
            "differs": apart is not None and not apart.low <= 0 <= apart.high,
            "rejected": other.difference_p is not None and other.difference_p < scenario.LEVEL,
        }
    return found
