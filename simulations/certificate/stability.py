"""Votes on stable features in an exactness certificate, by numpy's analysis of variance of each site's measurements."""

from collections.abc import Iterator, Sequence

import numpy as np

from client.exchange.run import Run
from client.quality import repeated_measurements
from client.quality.repeated_measurements import stability_file
from shared.arrays import Array
from shared.step import Step
from simulations.certificate.quantity import Quantity


def votes(runs: Sequence[Run]) -> Iterator[Quantity]:
    """How many sites call each feature stable, over all of them and without each that is left out.

    Parameters
    ----------
    runs : every site's part in a run that has finished
    """
    section = runs[0].study.stability
    if section is None:
        return
    reported = np.rint(runs[0].told(Step.STABILITY)["votes"])
    counted = np.zeros_like(reported)
    for run in runs:
        if any(run.included):
            path = stability_file(run.site, run.study, readers=section.source == "readers")
            measured = repeated_measurements.read(path, "mrfed-site stability").of(run.table.patients.tolist())
            least = max(run.study.privacy.minimum_patients, run.approved.approval.policy.minimum_patients)
            of_features = np.moveaxis(measured.aligned(run.table.features), 2, 0)
            reliability = [icc(values, least) for values in of_features]
            counted += np.multiply.outer(run.included, np.array(reliability) >= section.threshold)
    yield Quantity("votes on stable features", reported.size, float(np.abs(reported - counted).max()), "sites", 0.0)


def icc(values: Array, least: int = 2) -> float:
    """ICC(2,1) of one feature: two-way random effects, absolute agreement, single measurement.

    Parameters
    ----------
    values : (patients, measurements), of which patients with all values count
    least : patients under which it is NaN, at least 2

    Reference: Shrout and Fleiss, Psychol Bull 86 (1979) 420.
    """
    whole = values[np.isfinite(values).all(axis=1)]
    n, k = whole.shape
    if n < max(least, 2):
        return float("nan")
    patients, times, grand = whole.mean(axis=1), whole.mean(axis=0), whole.mean()
    left = whole - patients[:, None] - times + grand
    bms = k * patients.var(ddof=1)
    jms = n * times.var(ddof=1)
    ems = (left**2).sum() / ((n - 1) * (k - 1))
    return float((bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n))
