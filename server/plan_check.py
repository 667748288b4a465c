"""Whether the hospitals of a federation would take part in a study, by their policy, before there is any data.

What follows from the study, the number of sites and of patients alone is held against the rules that every site holds
a study against; what follows from the data (which features are skewed, who lacks which) is known to the sites later.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.contract.foreseen import Foreseen
from shared.contract.schedule import schedule
from shared.errors import MrfedError
from shared.models.registry import learner_of
from shared.privacy.disclosure_budget import Budget, Federation, budget, with_sites
from shared.privacy.disclosure_rules import (
    broken_rules,
    require_enough_for_coefficients,
    require_enough_in_ranges,
    require_enough_together,
    require_few_deals,
    require_fewer_weightings,
)
from shared.privacy.permutation_rules import require_fewer_ranges_of_shuffles, require_fewer_shuffles
from shared.privacy.policy import Policy, model_sentence, sentence
from shared.sections.privacy import SiteSums
from shared.selection.choose import most_selected
from shared.step import Step
from shared.study.kind import Kind, kind_of
from shared.study.plan import Fit, Fold
from shared.study.study import Study


@dataclass(frozen=True)
class Plan:
    """A study held against a policy.

    Parameters
    ----------
    refusals : why sites would not take part; empty where they would
    sentences : what a person at each site has to write out to accept it
    budget : what all answers add up to; None for studies that are not of features
    """

    refusals: tuple[str, ...]
    sentences: tuple[str, ...]
    budget: Budget | None


@dataclass(frozen=True)
class Change:
    """A study with one setting changed.

    Parameters
    ----------
    setting : as the study file would say it
    plan : of the changed study
    """

    setting: str
    plan: Plan


CHANGES: tuple[tuple[str, str, Any], ...] = (
    ("evaluation", "folds", 0),
    ("evaluation", "leave_one_site_out", False),
    ("evaluation", "repeats", 1),
    ("evaluation", "permutations", 0),
    ("evaluation", "resamples", 0),
    ("model", "penalties", 1),
    ("harmonization", "probe", None),
    ("comparators", "without_harmonization", False),
    ("comparators", "clinical", ()),
    ("selection", "shortlist", 20),
    ("training", "max_iterations", 6),
)
"""Settings that cost, each with a value that costs little."""


def plan(study: Study, federation: Federation, policy: Policy) -> Plan:
    """Hold a study against a policy.

    Parameters
    ----------
    study : whose sites are replaced by those of the federation
    federation : how many sites, patients and features there will be
    policy : of every site
    """
    study_of_sites, site = with_sites(study, federation.sites), federation.sites[0]
    wanted = tuple(
        sentence
        for sentence in (_derivable(study_of_sites, site), model_sentence(study_of_sites, site))
        if sentence is not None
    )
    own = federation.cells(study_of_sites) if kind_of(study_of_sites) is Kind.FEATURES else None
    refusals = (
        *broken_rules(policy, study_of_sites, site, own, wanted),
        *_of_exchanges(study_of_sites, federation, policy),
    )
    if federation.patients < max(policy.minimum_patients, study_of_sites.privacy.minimum_patients):
        refusals = (f"a site of {federation.patients} patients is under the minimum", *refusals)
    measured = budget(study_of_sites, federation) if kind_of(study_of_sites) is Kind.FEATURES else None
    return Plan(refusals, wanted, measured)


def changes(study: Study, federation: Federation, policy: Policy) -> Iterator[Change]:
    """The study with one setting changed at a time, of those that bear on it.

    Parameters
    ----------
    study, federation, policy : as for `plan`
    """
    content = study.model_dump()
    for section, name, value in CHANGES:
        before = content.get(section)
        if before is None or name not in before or before[name] == value:
            continue
        current = before[name]
        if type(value) is int and current is not None and current <= value:
            continue
        try:
            changed = Study.model_validate({**content, section: {**before, name: value}})
        except ValueError:
            continue  # the study needs the setting
        written = {None: "left out", (): "left out", False: "false"}.get(value, value)
        yield Change(f"{section}.{name}: {written}", plan(changed, federation, policy))


def _derivable(study: Study, site: str) -> str | None:
    return sentence(site) if study.privacy.site_sums is SiteSums.DERIVABLE else None


def _of_exchanges(study: Study, federation: Federation, policy: Policy) -> Iterator[str]:
    """Refusals that sites would answer during the run, each with its own words."""
    if kind_of(study) is not Kind.FEATURES:
        return
    facts = Foreseen(study, federation.features, {covariate.column: 2 for covariate in study.covariates})
    sites = len(federation.sites)
    everyone = federation.patients * sites
    classes = np.array(federation.of_classes(len(study.question.endpoint.classes))) * sites
    trained = np.array([_trained(fit, study, federation) for fit in facts.fits])
    smallest, width = float(trained.min()), 1 + most_selected(study.selection, federation.features)
    sizes = dict.fromkeys(federation.sites, federation.patients)
    learner, steps = learner_of(study.model), {phase.step: phase.at_most for phase in schedule(study).phases}
    checks: list[Callable[[], None]] = [
        lambda: require_enough_together(policy, study, classes, sites),
        lambda: require_few_deals(policy, study, sizes, federation.patients, federation.sites[0]),
    ]
    if study.evaluation.permutations:
        checks.append(lambda: require_fewer_shuffles(policy, study, everyone))
    if learner.step is Step.TRAIN:
        weightings = (steps.get(Step.TRAIN, 0) + 1) * len(facts.fits)
        checks += [
            lambda: require_enough_for_coefficients(policy, study, np.array([smallest]), np.array([width])),
            lambda: require_fewer_weightings(policy, study, float(everyone), weightings, width),
        ]
    if learner.step is Step.GROW:
        checks.append(lambda: require_enough_in_ranges(policy, study, smallest))
        if study.evaluation.permutations:
            checks.append(lambda: require_fewer_ranges_of_shuffles(policy, study, smallest))
    for check in checks:
        try:
            check()
        except MrfedError as error:
            yield error.text


def _trained(fit: Fit, study: Study, federation: Federation) -> float:
    """Patients who train a fit, of sites whose patients are spread evenly."""
    sites = sum(not fit.leaves_out(site) for site in federation.sites)
    part = 1.0
    if isinstance(fit.left_out, Fold):
        part *= 1 - 1 / study.evaluation.folds
    if fit.inner is not None:
        part *= 1 - 1 / study.evaluation.inner_folds
    return sites * federation.patients * part
