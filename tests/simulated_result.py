"""A complete result for tests: real measures of simulated scores of four sites."""

import numpy as np
from scipy.special import expit
from scipy.stats import f_oneway, levene

from server.report.evaluation import SiteAnswer, view_evaluation
from server.report.harmonization import feature_harmonization
from server.report.within_sites import within_sites
from shared.contract.registry import EXCHANGES
from shared.metrics import calibration, delong, score_histogram
from shared.metrics.auc import concordance
from shared.results.harmonized import AssessedFeature, FeatureTests, Tested
from shared.results.model import Coefficient, FinalModel, Training
from shared.results.result import Result
from shared.results.taking_part import Departure, Exchange, Exclusion, Participant, Provenance, Software, Traffic
from shared.step import Step
from shared.study.plan import View
from shared.study.study import Study

SITES = {"north": (64, 0.35), "east": (48, 0.55), "south": (90, 0.42), "west": (41, 0.7)}
"""Patients and prevalence of each site."""
BINS = 200
FEATURES = 40
STEPS = ("enroll", "inventory", "describe", "harmonize", "moments", *(f"train-{k}" for k in range(1, 7)), "evaluate")


def study(**changes: object) -> Study:
    return Study.model_validate(
        {
            "name": "her2-low-vs-zero",
            "title": "HER2-low against HER2-zero from breast MRI",
            "question": {"endpoint": "her2-zero-vs-low", "patients": "simulated"},
            "governance": {"ethics": "none", "data_use": "simulated data", "expires": "2031-01-01"},
            "privacy": {"site_sums": "derivable", "minimum_patients": 5},
            "federation": {"sites": list(SITES)},
        }
        | changes
    )


def evaluation(view: View, signal: float, seed: int):
    rng = np.random.default_rng(seed)
    answers, totals, errors = [], np.zeros((2, BINS), int), 0.0
    for site, (patients, prevalence) in SITES.items():
        positive = rng.random(patients) < prevalence
        level = np.log(prevalence / (1 - prevalence))
        risks = expit(0.7 * level + rng.normal(size=patients) + signal * (positive - prevalence))
        scores = score_histogram.count(risks, positive, BINS)
        site_errors = calibration.squared_error_sum(risks, positive)
        answers.append(
            SiteAnswer(
                site,
                concordance(risks, positive),
                delong.estimate(risks, positive).variance,
                calibration.recalibrate(risks, positive),
                site_errors / patients,
                scores,
            )
        )
        totals = totals + scores
        errors += site_errors
    shown = [(one.concordance, one.auc_variance) for one in answers]
    u, pairs = sum(one.u for one, _ in shown), sum(one.pairs for one, _ in shown)
    within = within_sites(view, u, pairs, totals.sum(), shown)
    return view_evaluation(answers, within, totals, errors)


def measured():
    """Name, values at each site, and the same about the sites' means, of every feature."""
    rng = np.random.default_rng(3)
    for k in range(FEATURES):
        values = [rng.normal(shift, 1, n) for shift, (n, _) in zip(rng.normal(0, 0.9, 4), SITES.values(), strict=True)]
        image, family = ("pe", "adc", "dce_early")[k % 3], ("glcm_Contrast", "shape_Sphericity")[k % 2]
        yield f"{image}_tumour_original_{family}_{k}", values, [sample - sample.mean() for sample in values]


def harmonized():
    edges = np.linspace(-4, 4, 25)
    for name, *both in measured():
        before, after = (np.stack([np.histogram(np.clip(v, -3.99, 3.99), edges)[0] for v in sample]) for sample in both)
        yield feature_harmonization(name, edges, before, after)


def assessed():
    return tuple(AssessedFeature(feature=name, before=_tests(x), after=_tests(flat)) for name, x, flat in measured())


def _tests(values):
    mean, spread = (
        Tested(statistic=float(test.statistic), p_value=float(test.pvalue), explained=0.1)
        for test in (f_oneway(*values), levene(*values))
    )
    return FeatureTests(
        site_mean=mean, site_spread=spread, scanner_mean=mean, scanner_spread=spread, covariates=None, label=None,
        skewness=0.1, tied=0.0, awkward=False,
    )  # fmt: skip


def departures():
    for exchange in EXCHANGES:
        step = exchange.step
        for quantity in exchange.leaving(derivable=True):
            times = sum(Step.of(name) is step for name in STEPS)
            shape = tuple(7 for _ in quantity.axes)
            yield Departure(
                step=step, quantity=quantity.name, words=quantity.words, way=quantity.way, shape=shape, times=times
            )


def whole_result(signal: float = 0.9, seed: int = 1, selected: int = FEATURES, **changes: object) -> Result:
    rng = np.random.default_rng(seed)
    asked = study(**changes)
    software = (Software(name="mrfed", version="0.1.0"), Software(name="numpy", version="2.4.6"))
    features = tuple(harmonized())
    values, means = rng.normal(0, 0.3, selected), rng.normal(0, 0.2, selected)
    return Result(
        study=asked,
        study_digest=asked.digest,
        participants=tuple(
            Participant(
                site=site,
                patients=patients,
                classes=(round(patients * (1 - prevalence)), patients - round(patients * (1 - prevalence))),
                exclusions=(Exclusion(reason="label-indeterminate", patients=None),) if site == "east" else (),
                scanners=("Siemens Skyra 3 T",) if site == "north" else ("GE Signa 1.5 T", "UIH uMR 790 3 T"),
                settings="5f" * 32,
                software=software,
            )
            for site, (patients, prevalence) in SITES.items()
        ),
        harmonized=features,
        assessed=assessed(),
        model=FinalModel(
            intercept=-0.21,
            coefficients=tuple(
                Coefficient(feature=feature.feature, value=float(value), mean=float(mean), sd=0.9)
                for feature, value, mean in zip(features, values, means, strict=False)
            ),
            offered=370,
            training=Training(fits=10, iterations=6, converged=True, largest_change=3.1e-12),
        ),
        evaluations=(
            evaluation(View.LEFT_OUT_SITE, signal, seed),
            evaluation(View.CROSS_VALIDATION, signal, seed + 1),
        ),
        exchanges=tuple(
            Exchange(
                step=step,
                seconds=0.04 * k + 0.02,
                traffic=tuple(
                    Traffic(site=site, bytes_up=9_000 * k + 812, bytes_down=30_000 * k + 90, seconds=0.02)
                    for site in SITES
                ),
            )
            for k, step in enumerate(STEPS)
        ),
        departures=tuple(departures()),
        provenance=Provenance(run="2f6c", software=software, audit_logs=dict.fromkeys(SITES, "ab" * 32)),
    )
