"""What noise in the usual schedule would cost: harmonization, selection among many features, and training step by step.

No study can ask for this (docs/decisions/0019-noise-in-the-usual-schedule.md). It is computed under assumptions that
favour it: counts of single sites and the agreed scales leave nothing, and a patient moves no one else's harmonized
features.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from shared.arrays import Array
from shared.metrics import auc
from shared.privacy.accountant import multiplier_for

SITES, FOLDS, FEATURES, KEPT, STEPS, C, DELTA = 4, 5, 100, 6, 6, 1.0, 1e-5
RELEASES = 3 + STEPS
"""Harmonization, moments, evaluation, and each step of training, of which the first is `cross`."""


@dataclass(frozen=True)
class Sums:
    """Adds Gaussian noise to sums.

    Parameters
    ----------
    multiplier : deviation over sensitivity; 0 adds none
    random : source of the noise
    """

    multiplier: float
    random: np.random.Generator

    def __call__(self, total: Array, sensitivity: float) -> Array:
        """A sum with the noise that hides one patient who moves it by no more than `sensitivity`."""
        noised: Array = total + self.random.normal(scale=self.multiplier * sensitivity, size=np.shape(total))
        return noised


def cohort(patients: int, random: np.random.Generator) -> tuple[Array, Array, Array]:
    """Features in -1 ... 1, class, site: three features differ by a Mahalanobis distance of 1, sites by a deviation."""
    positive, site = random.random(patients) < 0.5, np.arange(patients) % SITES
    x = random.normal(size=(patients, FEATURES))
    x[:, :3] += (positive[:, None] - 0.5) / np.sqrt(3)
    x += random.normal(size=(SITES, FEATURES))[site]
    return bounded(x / 4), positive, site


def bounded(x: Array) -> Array:
    """Values cut to -1 ... 1, rows shortened to half of the longest possible."""
    cut = np.clip(x, -1, 1)
    longest = np.sqrt(x.shape[1]) / 2
    rows: Array = cut * np.minimum(1, longest / np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), 1e-12))
    return rows


def harmonized(x: Array, site: Array, sums: Sums) -> Array:
    """Location and scale of each site taken out, towards a mean and a variance from sums with noise (ComBat)."""
    longest = np.sqrt(x.shape[1]) / 2
    means = np.stack([x[site == number].mean(axis=0) for number in range(SITES)])
    within = x - means[site]
    alpha = sums(x.sum(axis=0), longest) / len(x)
    variance = np.clip(sums((within**2).sum(axis=0), longest) / len(x), 1e-4, 1)
    deviation = np.stack([within[site == number].std(axis=0) for number in range(SITES)])
    return bounded(alpha + within / np.maximum(deviation[site], 1e-6) * np.sqrt(variance))


def selected(x: Array, positive: Array, sums: Sums) -> Array:
    """The features whose classes differ most by t, from the sums of the other folds, each with its noise."""
    sensitivity = np.sqrt(2 * (FOLDS - 1)) * np.sqrt(x.shape[1]) / 2
    moments = np.concatenate([(x * (2 * positive[:, None] - 1)).sum(axis=0), (x**2).sum(axis=0)])
    difference, squares = np.split(sums(moments, sensitivity), 2)
    return np.argsort(-np.abs(difference) / np.sqrt(np.clip(squares, 1e-3, None)))[:KEPT]


def trained(x: Array, positive: Array, sums: Sums) -> Array:
    """Coefficients after a few Newton steps, each from a gradient and a Hessian with noise.

    A patient trains the models of all folds but one, and the final one: she moves the sums of so many models.
    """
    z = np.column_stack([np.ones(len(x)), bounded(x)])
    p = z.shape[1]
    square = 1 + KEPT / 4
    bound = float(np.sqrt(FOLDS * ((square / 4) ** 2 + square)))
    held = np.diag(np.r_[0, np.full(p - 1, 1 / C + sums.multiplier * bound * np.sqrt(p))])
    w = np.zeros(p)
    for _ in range(STEPS):
        risk = expit(z @ w)
        gradient = sums((risk - positive) @ z, bound) + held @ w
        curvature = sums((z * (risk * (1 - risk))[:, None]).T @ z, bound)
        values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
        step = np.linalg.solve((vectors * values.clip(1e-3)) @ vectors.T + held, gradient)
        w = w - step * min(1.0, 4 / max(np.linalg.norm(step), 1e-12))
    return w


def unseen(patients: int, epsilon: float | None, seed: int) -> float:
    """AUC within the sites of patients whom the models had not seen.

    Parameters
    ----------
    patients : of all sites
    epsilon : of the whole schedule; None adds no noise
    seed : of patients, folds and noise
    """
    random = np.random.default_rng(seed)
    x, positive, site = cohort(patients, random)
    sums = Sums(multiplier_for(epsilon, DELTA, RELEASES) if epsilon else 0.0, random)
    part = random.integers(FOLDS, size=patients)
    score = np.empty(patients)
    even = harmonized(x, site, sums)  # once: each patient in one fold's sums, whose totals serve every fit
    for fold in range(FOLDS):
        trains = part != fold
        chosen = selected(even[trains], positive[trains], sums)
        w = trained(even[trains][:, chosen], positive[trains], sums)
        score[~trains] = np.column_stack([np.ones((~trains).sum()), bounded(even[~trains][:, chosen])]) @ w
    pairs = [auc.concordance(score[site == number], positive[site == number]) for number in range(SITES)]
    return float(sum(pair.u for pair in pairs) / sum(pair.pairs for pair in pairs))


def lines(epsilons: tuple[float, ...], repeats: int) -> Iterator[str]:
    """The table: a line for each epsilon and one without noise, a column for each number of patients."""
    cohorts = (150, 600, 2400)
    yield f"| epsilon | multiplier | {' | '.join(f'{cohort} patients' for cohort in cohorts)} |"
    yield "| --- | --- |" + " --- |" * len(cohorts)
    for epsilon in (*epsilons, None):
        found = [np.array([unseen(cohort, epsilon, seed) for seed in range(repeats)]) for cohort in cohorts]
        cells = " | ".join(f"{one.mean():.3f} ± {one.std():.3f}" for one in found)
        multiplier = f"{multiplier_for(epsilon, DELTA, RELEASES):.2f}" if epsilon else "0"
        yield f"| {f'{epsilon:g}' if epsilon else 'none added'} | {multiplier} | {cells} |"
