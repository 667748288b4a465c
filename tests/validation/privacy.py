"""Write docs/validation-privacy.md: what differential privacy costs in AUC, on simulated and on real tables.

Run as `python -m tests.validation.privacy` (`make validate-privacy`). All numbers come from the run: the functions that
sites and coordinator run in a study with noise, each site drawing its own share, without the network between them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd

from server.stages.noisy import noisy_auc
from shared.arrays import Array
from shared.files import durable_file
from shared.metrics import auc, score_histogram
from shared.privacy.noise import noisy
from shared.privacy.regression import Plan, models, plan, products, risks, rows
from shared.sections.privacy import Noise, Range
from tests.conftest import REAL_DATA
from tests.validation import noisy_schedule

PAGE = Path("docs/validation-privacy.md")
EPSILONS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
REPEATS, FOLDS, BINS, C = 20, 5, 10, 1.0
REAL_FEATURES = (
    "T1_E_Intensity_Skewness",
    "T1_E_Histogram_Bins-128_Bins-128_Entropy",
    "T1_E_Volumetric_Volume",
    "T1_E_Morphologic_Elongation",
    "T1_E_GLCM_Bins-128_Radius-1_Entropy",
    "T1_E_GLSZM_Bins-128_Radius-3_ZoneSizeEntropy",
)


_HEAD = """# What differential privacy costs

Written by `make validate-privacy`; every number is from that run. A study with noise (`privacy.noise`) takes one Newton
step of logistic regression from sums with noise, and is evaluated by noisy counts of scores. Delta is 1e-5, the six
features range from -3 to 3, {folds} folds, {bins} ranges of scores, four sites, any three of which add enough noise.
Mean ± standard deviation over {repeats} draws of folds and noise.

*True AUC* is that of the models over patients whom they had not seen, all sites together, as only somebody who owns
all patients can compute it. *Reported AUC* is what the study reports, from noisy counts."""
_SIMULATED = "SIMULATED PATIENTS. Effects were programmed: three features at a Mahalanobis distance of 1 (AUC 0.76)."
_REAL = """HER2 positive against negative from six radiomic features that were published standardized over all sites,
so that their ranges are known beforehand."""
_TAIL = """With a hundred and fifty patients an epsilon of 2 or less costs most of what there is to learn; with 2400 it
costs little. That is no fault of masks or of sites: the noise hides one patient, and one of a hundred and fifty counts
for much.
"""

_USUAL = """## What the usual schedule would cost

SIMULATED PATIENTS, as above, with sites that differ by one standard deviation in each of {features} features, three of
which separate the classes. Harmonization of location and scale, selection of {kept} features, {steps} Newton steps
and the evaluation are releases of their own. AUC within the sites, of patients whom the models had not seen. No study
can ask for it: the true cost is higher, since a patient also moves the harmonized features of others at her site, which
no noise here covers (docs/decisions/0019-noise-in-the-usual-schedule.md).
"""


@dataclass(frozen=True)
class Cohort:
    """Patients of several sites.

    Parameters
    ----------
    name : for the page
    x : (n, features) standardized, so that -3 to 3 is known beforehand
    positive : (n,) of the positive class
    site : (n,)
    """

    name: str
    x: Array
    positive: Array
    site: Array


def simulated(patients: int) -> Cohort:
    """Four sites, six features, three of which differ between the classes: Mahalanobis distance 1, AUC 0.76."""
    random = np.random.default_rng(1)
    positive = random.random(patients) < 0.5
    x = random.normal(size=(patients, 6))
    x[:, :3] += (positive[:, None] - 0.5) / np.sqrt(3)
    return Cohort(f"simulated, {patients} patients", x, positive, np.arange(patients) % 4)


def real() -> Cohort:
    """HER2 positive against negative at four sites of I-SPY 1; published standardized over all sites."""
    table = pd.read_csv(REAL_DATA / "ispy1_radiomics" / "features.csv.gz")
    table = table[table["her2"].notna()]
    x = table[list(REAL_FEATURES)].to_numpy(dtype=float)
    return Cohort(f"I-SPY 1, {len(x)} patients", x, table["her2"].to_numpy() == 1, pd.factorize(table["site"])[0])


def judged(cohort: Cohort, noise: Noise, added: Plan | None, seed: int) -> tuple[float, float]:
    """AUC of patients whom the models had not seen: exactly, which only their owner knows, and as the study tells it.

    Parameters
    ----------
    cohort : the patients
    noise : the ranges
    added : how much noise; None for none
    seed : of folds and noise
    """
    sites, random = int(cohort.site.max()) + 1, Random(seed)
    part = np.random.default_rng(seed).integers(FOLDS, size=len(cohort.x))
    z = rows(cohort.x, noise)
    own = [
        products(z[cohort.site == number], cohort.positive[cohort.site == number], part[cohort.site == number], FOLDS)
        for number in range(sites)
    ]
    silent = Plan(0.0, 0.0, 0.0, sites)

    def total(values: list[Array], deviation: float) -> Array:
        if added is None:
            return np.sum(values, axis=0)
        return np.sum([noisy(one, deviation, added.honest, random) for one in values], axis=0)

    told = {name: total([run[name] for run in own], added.products if added else 0.0) for name in own[0]}
    fitted = models(told, added or silent, C)
    risk = np.empty(len(z))
    for number in range(FOLDS):
        risk[part == number] = risks(z[part == number], fitted[1 + number])
    counts = [
        score_histogram.count(risk[cohort.site == number], cohort.positive[cohort.site == number], BINS).astype(float)
        for number in range(sites)
    ]
    exact = auc.concordance(risk, cohort.positive).auc
    said = noisy_auc(total(counts, added.scores if added else 0.0))
    return float(exact), 0.5 if said is None else said


def rows_of(cohort: Cohort) -> Iterator[str]:
    """A line of the table for each epsilon, and one without noise."""
    ranges = tuple(Range(feature=f"f{number}", low=-3, high=3) for number in range(cohort.x.shape[1]))
    sites = int(cohort.site.max()) + 1
    for epsilon in (*EPSILONS, None):
        noise = Noise(epsilon=epsilon or 1.0, ranges=ranges)
        added = plan(noise, sites, FOLDS, BINS) if epsilon else None
        found = np.array([judged(cohort, noise, added, seed) for seed in range(REPEATS)])
        (exact, said), (spread, said_spread) = found.mean(axis=0), found.std(axis=0)
        label = f"{epsilon:g}" if epsilon else "none added"
        multiplier = f"{added.multiplier:.2f}" if added else "0"
        yield f"| {label} | {multiplier} | {exact:.3f} ± {spread:.3f} | {said:.3f} ± {said_spread:.3f} |"


def page() -> str:
    """The page."""
    cohorts = [simulated(150), simulated(600), simulated(2400)]
    if (REAL_DATA / "ispy1_radiomics").is_dir():
        cohorts.append(real())
    lines = [_HEAD.format(folds=FOLDS, bins=BINS, repeats=REPEATS)]
    for cohort in cohorts:
        lines += ["", f"## {cohort.name[0].upper()}{cohort.name[1:]}", ""]
        lines += [_SIMULATED if cohort.name.startswith("simulated") else _REAL, ""]
        lines += ["| epsilon | multiplier | true AUC | reported AUC |", "| --- | --- | --- | --- |", *rows_of(cohort)]
    lines += [
        "",
        _TAIL,
        _USUAL.format(features=noisy_schedule.FEATURES, kept=noisy_schedule.KEPT, steps=noisy_schedule.STEPS),
    ]
    lines += [*noisy_schedule.lines(EPSILONS, REPEATS), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    durable_file.write(PAGE, page().encode(), 0o644)
