"""Harmonisation: within-batch centred totals of features and covariates, for every fit."""

from client.answers.draft import Draft
from client.run import Run
from harmonization.federated import site_totals, stack


def answer(run: Run) -> Draft:
    """Totals over the training patients of every fit; zeros where the fit leaves this site out."""
    cohort = run.cohort
    parts = [cohort[run.trains(fit)] for fit in run.fits]
    return Draft(stack([site_totals(part.x, part.batch, part.z) for part in parts]).arrays())
