"""Harmonization: within-batch centred totals of features and covariates, for every fit, and what they leave over."""

import numpy as np

from client.cohort.harmonize import residuals
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from harmonization import fits
from harmonization.fits import Part
from harmonization.products import site_products
from harmonization.rank import require_full_rank
from shared.federation.messages import Question
from shared.privacy.disclosure_rules import require_enough_together
from shared.step import Step


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Totals over the training patients of every fit; zeros where the fit leaves this site out."""
    del question
    described = run.told(Step.DESCRIBE)
    policy = run.approved.approval.policy
    require_enough_together(policy, run.study, described["class_totals"], len(run.roster))
    require_full_rank(described["szz"], run.columns)
    harmonized = run.part(Harmonized)
    cohorts = (harmonized.normalized(index)[run.trains(fit)] for index, fit in enumerate(run.fits))
    parts = [Part(cohort.x, cohort.batch, cohort.z) for cohort in cohorts]
    site = run.study.harmonization.reference_site
    totals = fits.named(
        parts, harmonized.incomplete, harmonized.joins, declared=site is not None, holder=site == run.site.name
    )
    return PlaintextAnswer(totals)


def covariance(run: Run, question: Question) -> PlaintextAnswer:
    """CovBat's products over the training patients of every fit, together and within batches."""
    del question
    harmonized, parts = run.part(Harmonized), []
    for index, fit in enumerate(run.fits):
        fitted, rows = harmonized.combat(index), run.trains(fit)
        residual = residuals(harmonized.cohort_in(index), fitted, harmonized.effects(index, fitted))
        parts.append(site_products(residual[rows], run.batch[rows]).arrays())
    return PlaintextAnswer({name: np.stack([part[name] for part in parts]) for name in parts[0]})
