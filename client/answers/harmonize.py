"""Harmonisation: within-batch centred totals of features and covariates, for every fit."""

from client.answers.draft import Draft
from client.derived.harmonised import Harmonised
from client.objections import require_enough_together
from client.run import Run
from harmonization.federated import site_totals, stack
from harmonization.rank import require_full_rank
from harmonization.reference import named
from shared.contract import Step
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Totals over the training patients of every fit; zeros where the fit leaves this site out."""
    del question
    told = run.told(Step.DESCRIBE)
    policy = run.approved.approval.policy
    require_enough_together(policy, run.study, told["class_totals"], len(run.roster))
    require_full_rank(told["szz"], run.columns)
    parts = [run.part(Harmonised).cohort_of(fit)[run.trains(fit)] for fit in run.fits]
    totals = stack([site_totals(part.x, part.batch, part.z) for part in parts])
    site = run.study.harmonization.reference_site
    return Draft(totals.arrays() | named(totals, declared=site is not None, holder=site == run.site.name))
