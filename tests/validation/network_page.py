"""The tables of docs/validation-networks.md, from the runs that are kept."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from shared.arrays import Array
from shared.metrics import auc, delong
from tests.validation.network_cohort import Cohort, Intensity
from tests.validation.network_runs import TRAINING

Runs = Mapping[tuple[str, Intensity, int], Mapping[str, Array]]
NAMES = {
    "local": "each site alone",
    "pooled": "pooled",
    "fedavg": "FedAvg",
    "fedprox": "FedProx, mu 0.1",
    "fedbn": "FedBN",
    "scaffold": "SCAFFOLD",
    "ditto": "Ditto, lambda 0.1 (a left-out site has no personal model: FedAvg's global one)",
    "fedavg-16": "FedAvg, changes in 16 bits instead of 32 (steps of 2^-15)",
}


def within_sites(cohort: Cohort, scores: Array) -> tuple[float, float, float, auc.StratifiedAuc]:
    """AUC of pairs within sites, DeLong's interval, and what scores that know nothing would give."""
    told = np.isfinite(scores)
    rows = [told & (cohort.site == site) for site in cohort.sites]
    parts = [(scores[row], cohort.positive[row]) for row in rows if row.any()]
    estimate = delong.stratified(delong.estimate(*part) for part in parts)
    return estimate.auc, *estimate.interval(), auc.stratified(auc.concordance(*part) for part in parts)


def table(cohort: Cohort, runs: Runs, ways: Sequence[str]) -> Iterator[str]:
    """A row a way: sites left out, and folds within sites."""
    yield "| trained | seeds | left-out site: AUC, 95 % | over seeds | folds within sites: AUC | over seeds |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for way in ways:
        own = [found for (name, kind, _), found in sorted(runs.items()) if name == way and kind is Intensity.ZSCORE]
        if not own:
            continue
        left = [_left_out(cohort, way, run["left_out"]) for run in own]
        fold = [within_sites(cohort, run["fold"])[0] for run in own]
        values = [interval[0] for interval in left]
        low, high = (float(np.mean([interval[at] for interval in left])) for at in (1, 2))
        yield (
            f"| {NAMES[way]} | {len(own)} | {np.mean(values):.2f} ({low:.2f}–{high:.2f}) | "
            f"{min(values):.2f}–{max(values):.2f} | {np.mean(fold):.2f} | {min(fold):.2f}–{max(fold):.2f} |"
        )


def _left_out(cohort: Cohort, way: str, scores: Array) -> tuple[float, float, float]:
    """Of sites alone: the mean over the other sites' models, each of them on each site that it never saw."""
    if way != "local":
        return within_sites(cohort, scores)[:3]
    found = [within_sites(cohort, score)[:3] for score in scores]
    mean = np.mean(found, axis=0)
    return float(mean[0]), float(mean[1]), float(mean[2])


def chance(cohort: Cohort) -> tuple[float, float]:
    """Range of the AUC within sites of scores that know nothing."""
    known = within_sites(cohort, np.zeros(len(cohort.site)))[3]
    return known.chance_low, known.chance_high


def probes(cohort: Cohort, runs: Runs) -> Iterator[str]:
    """How well the last layer of the model of all patients tells the site and the trial."""
    yield "| intensities | trained | seeds | site: linear | forest | trial: linear | forest | left-out site: AUC |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for kind in Intensity:
        for way in ("pooled", "fedavg"):
            own = [found for (name, of, _), found in sorted(runs.items()) if (name, of) == (way, kind)]
            if own:
                told = np.mean([_guessed(cohort, run["layer"]) for run in own], axis=0)
                left = np.mean([within_sites(cohort, run["left_out"])[0] for run in own])
                cells = " | ".join(f"{value:.2f}" for value in told)
                yield f"| {kind} | {NAMES[way]} | {len(own)} | {cells} | {left:.2f} |"


def _guessed(cohort: Cohort, layer: Array) -> list[float]:
    return [
        _probe(layer, label, model)
        for label in (cohort.site, cohort.trial)
        for model in (
            make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)),
            RandomForestClassifier(100, random_state=0),
        )
    ]


def _probe(layer: Array, label: NDArray[np.str_], model: object) -> float:
    """Cross-validated AUC, one class against the others, their mean."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    told = cross_val_predict(model, layer, label, cv=folds, method="predict_proba")
    names = np.unique(label)
    return float(np.mean([roc_auc_score(label == name, told[:, index]) for index, name in enumerate(names)]))


def page(cohort: Cohort, runs: Runs, ways: Sequence[str]) -> Iterator[str]:
    """All of it."""
    low, high = chance(cohort)
    counts = ", ".join(
        f"{site} {int((cohort.site == site).sum())} ({int(cohort.positive[cohort.site == site].sum())} positive)"
        for site in cohort.sites
    )
    yield "# Validation of networks on real slices"
    yield ""
    yield "Written by `make validate-networks`; do not edit."
    yield ""
    yield (
        f"{len(cohort.site)} real patients of the I-SPY trials at four sites (BreastDCEDL, CC BY 4.0): {counts}. One "
        "slice each, before contrast, early and late; a crop around the lesion's box of "
        f"{cohort.images.shape[-1]} x {cohort.images.shape[-1]} pixels. HER2-positive against negative."
    )
    yield ""
    yield (
        f"A small CNN with group norm (25,000 weights), {TRAINING.rounds} rounds of one epoch, batches of "
        f"{TRAINING.batch_size}, classes drawn alike, momentum {TRAINING.momentum}, rate {TRAINING.learning_rate} "
        "falling as a cosine, flips. The same settings for every way of training; a few rates and optimizers were "
        "tried on the first seed before they were fixed. All left-out "
        "sites, three folds and the model of all patients are trained together; one run takes "
        "about a minute of one processor core."
    )
    yield ""
    yield "## Does it work at all?"
    yield ""
    yield (
        "AUC of pairs within sites. *Left-out site*: the model never saw the site; mean over seeds, with the mean of "
        "DeLong's intervals. *Folds*: the site took part, the patient did not; over cross-validated scores no interval "
        f"is valid. Random scores lie within {low:.2f}–{high:.2f} in 95 % of cases."
    )
    yield ""
    yield from table(cohort, runs, ways)
    yield ""
    yield (
        "Where intervals include 0.5, chance is not excluded, and no way can be called better than another: "
        "36 positive patients at four sites do not distinguish strategies. A site that FedBN has not trained predicts "
        "with the norm layers that all began with."
    )
    yield ""
    yield "## Can the network's last layer tell the site?"
    yield ""
    yield (
        "A classifier on what the last layer of the model of all patients sees, five folds; mean over sites (or the "
        "two trials) of one against the others. 0.5 is chance. The network was trained for HER2 and never told the "
        "site."
    )
    yield ""
    yield from probes(cohort, runs)
    yield ""
    yield (
        "Standardizing intensities patient by patient changes what is left of the scanner in the intensities, not in "
        "noise, resolution, or how lesions were boxed. Runs that had not ended when this page was written are missing: "
        "see the numbers of seeds."
    )
