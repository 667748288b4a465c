"""Synthetic rows drawn to the sizes of a real federation's sites, on which its study can be compared with pooling."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from client.site.site_file import Columns, Data, Site
from shared.errors import Code, MrfedError
from shared.folds import generator
from shared.results.result import Result
from shared.results.taking_part import Participant
from shared.sections.question import HER2_STATUS
from shared.study.study import Study

_IHC = {"zero": "0", "null": "null", "ultralow": "ultralow", "low": "1+", "positive": "3+"}
"""A reading of immunohistochemistry that means each HER2 status."""
_PREFIX = "x."
"""Of the names of features, by which a site tells them from clinical variables."""


def synthetic_study(result: Result) -> Study:
    """The study of a result, asked of ready tables of synthetic patients: all that bears on sums stays as it is."""
    study = result.study
    question = study.question.model_copy(update={"patients": "simulated", "subgroup": ()})
    volume = study.comparators.volume
    comparators = study.comparators.model_copy(update={"volume": None if volume is None else _PREFIX + volume})
    changes = {"question": question, "comparators": comparators}
    return study.model_copy(update={"imaging": None, "maps": (), "radiomics": None, "stability": None, **changes})


def synthetic_sites(result: Result, folder: Path, seed: int = 1) -> list[Site]:
    """A site for each participant, with as many patients of each class and as many features.

    Features are normal, each site with means and spreads of its own, as scanners have them; nothing is known of a
    patient. Where a site did not tell its classes, they are drawn in the proportions of the others. A continuous
    endpoint is drawn within its plausible range.

    Parameters
    ----------
    result : of the real study
    folder : where the tables are written
    seed : of the draws
    """
    if result.model is None or result.model.harmonization is None:
        raise MrfedError(Code.STUDY_INVALID, f"{result.study.name}: the result names no features to draw")
    features = result.model.harmonization.features
    counts = np.array(
        [participant.classes for participant in result.participants if None not in participant.classes], dtype=float
    )
    shares = counts.sum(axis=0) / counts.sum() if counts.size else None  # none of a number, which has no classes
    sites = []
    for participant in result.participants:
        random = generator(seed, "synthetic", participant.site)
        place = folder / participant.site
        place.mkdir(parents=True, exist_ok=True)
        rows = _rows(result, participant, features, shares, random)
        rows.to_csv(place / "synthetic.csv", index=False)
        her2 = result.study.question.endpoint.column == HER2_STATUS
        sites.append(
            Site(
                name=participant.site,
                patients="simulated",
                data=Data(features=place / "synthetic.csv"),
                columns=Columns(ihc="ihc" if her2 else None, scanner="scanner"),
                feature_columns=_PREFIX,
                workspace=place / "workspace",
            )
        )
    return sites


def _rows(
    result: Result,
    participant: Participant,
    features: Sequence[str],
    shares: np.ndarray | None,
    random: np.random.Generator,
) -> pd.DataFrame:
    endpoint = result.study.question.endpoint
    label = random.normal(size=participant.patients) if endpoint.continuous else _classes(participant, shares, random)
    shift, scale = random.normal(0, 1, len(features)), random.uniform(0.7, 1.4, len(features))
    x = shift + scale * random.normal(size=(len(label), len(features))) + 0.3 * label[:, None]
    scanners = participant.scanners or ("scanner",)
    columns: dict[str, object] = {"patient": [f"{participant.site}-{row:05d}" for row in range(len(label))]}
    columns |= {_PREFIX + name: x[:, place] for place, name in enumerate(features)}
    columns["scanner"] = [scanners[row % len(scanners)] for row in range(len(label))]
    columns |= _covariates(result, len(label), random)
    if endpoint.continuous:  # most of the range, and never beyond it
        columns[endpoint.column] = endpoint.middle + endpoint.half_range * np.tanh(label / 2)
    elif endpoint.column == HER2_STATUS:
        columns["ihc"] = [_IHC[str(next(iter(endpoint.classes[kind].values)))] for kind in label]
    else:
        columns[endpoint.column] = [next(iter(endpoint.classes[kind].values)) for kind in label]
    return pd.DataFrame(columns)


def _classes(participant: Participant, shares: np.ndarray | None, random: np.random.Generator) -> np.ndarray:
    """(n,) class of each patient of a site."""
    counts = [0 if count is None else count for count in participant.classes]
    if None in participant.classes:
        even = np.full(len(counts), 1 / len(counts))
        drawn = random.choice(len(counts), participant.patients, p=even if shares is None else shares)
        counts = np.bincount(drawn, minlength=len(counts)).tolist()
    return np.repeat(np.arange(len(counts)), counts)


def _covariates(result: Result, patients: int, random: np.random.Generator) -> Mapping[str, object]:
    assert result.model is not None
    frozen = result.model.harmonization
    columns: dict[str, object] = {}
    for covariate in result.study.covariates:
        if covariate.kind == "categorical":
            known = frozen.categories.get(covariate.column, ()) if frozen is not None else ()
            levels = list(known) or ["a", "b"]
            # every level at every site, as often as any other: none may be of too few patients
            columns[covariate.column] = random.permutation([levels[row % len(levels)] for row in range(patients)])
        else:
            columns[covariate.column] = np.rint(random.normal(55, 12, patients))
    return columns
