"""What stands against a study here: its settings, and what can be concluded from it, against the site's policy."""

from collections.abc import Collection, Mapping

import numpy as np

from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.privacy.inference import cell_shape, decoded_sums, together, words
from shared.privacy.isolation import smallest_group_of_patients, smallest_group_of_sites
from shared.privacy.policy import Policy, model_sentence, sentence, unblurred
from shared.sections.model import TreeSettings
from shared.sections.privacy import SiteSums
from shared.study.plan import training_sites
from shared.study.study import Study
from shared.study.study_sections import Purpose

_OTHERS = 10**6
"""Stands for patients of other sites where only groups of this site's own patients matter."""


def broken_rules(
    policy: Policy, study: Study, site: str, own: Array | None, accepted: Collection[str]
) -> tuple[str, ...]:
    """Why a site must not take part in a study; empty where nothing stands against it.

    Parameters
    ----------
    policy : the site's policy
    study : the study
    site : name of the site
    own : (folds, classes, calibration) this site's patients (`shared.privacy.inference.cell_shape`); None where not
        yet known
    accepted : sentences that a person of the site has accepted
    """
    reasons = []
    derivable = study.privacy.site_sums is SiteSums.DERIVABLE
    if policy.masked_only and not study.privacy.masked:
        reasons.append("its sums leave without masks (privacy.masked: false)")
    if policy.masked_only and study.network is not None and not study.network.strategy.masked:
        reasons.append(
            "its coordinator reads how training here changed the network "
            f"(network.strategy.name: {study.network.strategy.name})"
        )
    if study.privacy.minimum_patients < policy.minimum_patients:
        reasons.append(
            f"it shows numbers of {study.privacy.minimum_patients} patients; here the minimum is "
            f"{policy.minimum_patients} (privacy.minimum_patients)"
        )
    if study.federation.quorum < policy.minimum_sites:
        reasons.append(
            f"it may start with {study.federation.quorum} sites; here the minimum is {policy.minimum_sites} "
            "(federation.quorum)"
        )
    if policy.epsilon is not None and study.purpose is not Purpose.FEASIBILITY:
        reasons += _unbounded(policy.epsilon, study, site, accepted)
    if study.purpose is Purpose.FEASIBILITY:
        return tuple(reasons)  # it decodes no totals; counts under the minimum stay here
    sites = sites_isolated(study)
    if sites < policy.minimum_sites and not derivable:
        reasons.append(f"its totals isolate groups of {sites} sites; here the minimum is {policy.minimum_sites}")
    if study.privacy.noise is not None:
        return tuple(reasons)  # whatever is combined, one patient more or less is hidden by the noise
    if derivable and sentence(site) not in accepted:
        reasons.append(f'it lets a single site be concluded, and nobody here has accepted: "{sentence(site)}"')
    if (disclosed := model_sentence(study, site)) is not None and disclosed not in accepted:
        reasons.append(f'nobody here has accepted, of its {study.model.kind} model: "{disclosed}"')
    if (
        isinstance(study.model, TreeSettings)
        and disclosed is not None
        and study.model.least_patients < policy.minimum_patients
    ):
        reasons.append(
            f"a leaf of its trees may be about {study.model.least_patients} patients; here the minimum is "
            f"{policy.minimum_patients} (model.least_patients)"
        )
    if own is not None:
        patients, group = patients_isolated(study, site, own)
        if patients < policy.minimum_patients:
            reasons.append(
                f"its totals isolate {group}, {patients} in number; the minimum is {policy.minimum_patients}"
            )
    return tuple(reasons)


def _unbounded(epsilon: float, study: Study, site: str, accepted: Collection[str]) -> list[str]:
    """What a study says without noise, where the site has a budget of differential privacy."""
    if study.privacy.noise is not None:
        return []
    if study.network is None or study.network.differential_privacy is None:
        return [f"it adds no noise; all studies here may spend epsilon {epsilon:g} together (policy.epsilon)"]
    if unblurred(site) in accepted:
        return []
    return [f'what leaves besides the changes of its network has no noise; to accept it, write: "{unblurred(site)}"']


def of_strata(policy: Policy, study: Study, site: str, strata: Mapping[str, Array]) -> tuple[str, ...]:
    """What stands against a study because of sums that are about some of the site's patients only.

    Any combination of such sums is, within each group that shares what sets it apart, a combination of the study's
    other sums: it is about at least as many of the group as these isolate.

    Parameters
    ----------
    policy, study, site : as for `broken_rules`
    strata : of each such group, in words, its (folds, classes, calibration) patients
    """
    reasons = []
    for words_of_group, own in strata.items():
        patients, group = patients_isolated(study, site, own)
        if patients < policy.minimum_patients:
            reasons.append(
                f"its totals isolate {group}, {words_of_group}, {patients} in number; the minimum is "
                f"{policy.minimum_patients}"
            )
    return tuple(reasons)


def sites_isolated(study: Study) -> int:
    """Fewest sites that the study's totals isolate, if every site has patients in every cell."""
    everywhere = dict.fromkeys(study.federation.sites, np.ones(cell_shape(study)))
    return smallest_group_of_sites(decoded_sums(study, everywhere)[1]).size


def patients_isolated(study: Study, site: str, own: Array) -> tuple[int, str]:
    """Fewest of this site's own patients that the study's totals isolate from everybody else's, and who they are.

    Where only groups that span other sites can be isolated, these are all of the site's patients.
    """
    if study.evaluation.repeats > 1:
        return 1, "single patients, whom the folds of several repetitions can tell apart"
    others = dict.fromkeys(study.federation.sites, np.full(cell_shape(study), _OTHERS))
    cells, sums = decoded_sums(study, others | {site: own})
    group = smallest_group_of_patients(sums)
    if group.size >= _OTHERS:
        return int(own.sum()), f"the patients at {site}"
    return group.size, words(study, [cells[index] for index in group.cells])


def require_enough_together(policy: Policy, study: Study, class_totals: Array, sites: int) -> None:
    """Refuse to go on where the smallest group that the totals of all sites isolate is too small.

    Parameters
    ----------
    policy : the site's policy
    study : the study
    class_totals : (classes,) patients of all sites, as decoded in the first masked exchange
    sites : how many sites take part

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the group.
    """
    least = together(study, class_totals, sites)
    cells, sums = decoded_sums(study, {"all sites": least})
    group = smallest_group_of_patients(sums)
    if group.size < policy.minimum_patients:
        isolated = words(study, [cells[index] for index in group.cells])
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"{study.name}: its totals would isolate {isolated}, perhaps only {group.size}; "
            f"the minimum here is {policy.minimum_patients}. Ask for fewer folds or more sites",
        )


def require_enough_for_coefficients(policy: Policy, study: Study, patients: Array, coefficients: Array) -> None:
    """Refuse to train a model on too few patients for its size.

    The Hessians of two steps are Z'VZ and Z'WZ, V and W diagonal. With no more patients than coefficients their
    generalized eigenvectors are dual to the rows of Z: every patient's features follow, up to the order.

    Parameters
    ----------
    policy : the site's policy
    study : the study
    patients : (fits,) training patients of all sites
    coefficients : (fits,) coefficients of each model, with its intercept

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the numbers of the worst fit.
    """
    spare = patients - policy.patients_per_coefficient * coefficients
    worst = int(np.argmin(spare))
    if spare[worst] < 0:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"{study.name}: a model of {coefficients[worst]} coefficients from {patients[worst]:.0f} patients would "
            f"give single patients' features away; here {policy.patients_per_coefficient:g} patients a coefficient "
            "are asked for. Ask for fewer features (selection.keep) or more sites",
        )


def require_enough_in_ranges(policy: Policy, study: Study, patients: float) -> None:
    """Refuse histograms of features whose ranges would mostly hold single patients.

    A range with one patient shows her slope of the loss, and patients of equal slope in several features are the same.

    Parameters
    ----------
    policy : the site's policy
    study : the study, whose trees are grown from histograms
    patients : of the smallest training set, of all sites

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the numbers.
    """
    assert isinstance(study.model, TreeSettings)
    if patients < policy.minimum_patients * study.model.bins:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"{study.name}: {study.model.bins} ranges of each feature of {patients:.0f} patients would put single "
            f"patients' features together; {policy.minimum_patients} patients a range are asked for here (model.bins)",
        )


def require_fewer_slopes(policy: Policy, study: Study, patients: float, features: int, slopes: float) -> None:
    """Refuse a further round of a network, or of shuffled labels, where all rounds could be solved for the patients.

    Each number of a slope is an equation in the features of those who made it. It is not linear, but a search solves as
    many as there are unknowns: a third of 28 patients from twelve rounds of a network, most from twelve shuffled fits.

    Parameters
    ----------
    policy : the site's policy
    study : the study
    patients : who enter the study, of all sites
    features : that any fit takes
    slopes : numbers of all fits and rounds so far, with those that are asked for

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the numbers.
    """
    if slopes * policy.patients_per_coefficient > patients * features:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"{study.name}: {slopes:.0f} numbers of slopes in training could be solved for {features} features of "
            f"{patients:.0f} patients; at most one for {policy.patients_per_coefficient:g} values is allowed here. Ask "
            "for fewer evaluation.permutations, rounds (training.max_iterations), model.hidden, folds or left-out "
            "sites, or for another kind of model",
        )


def require_fewer_weightings(policy: Policy, study: Study, patients: float, weightings: int, coefficients: int) -> None:
    """Refuse a further Hessian where all of them together could single out patients.

    A Hessian is a sum of squares z z' of the patients' rows, each with the patient's weight. From r of them, whatever
    their weights, a combination leaves out at most r - 1 of n patients. As many as patients span the squares of all
    rows, and these are the only matrices of rank one in that span: every row follows, exactly. Where the squares of p
    coefficients have no more dimensions than there are patients, the span is the whole space and singles out nothing.

    Parameters
    ----------
    policy : the site's policy
    study : the study
    patients : who enter the study, of all sites
    weightings : Hessians of all fits and iterations so far, with those that are asked for
    coefficients : of the largest model, with its intercept

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the numbers.
    """
    if not policy.patients_per_coefficient or coefficients * (coefficients + 1) / 2 <= patients:
        return
    if patients - (weightings - 1) < policy.minimum_patients:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"{study.name}: {weightings} Hessians of {patients:.0f} patients let combinations be formed that are about "
            f"fewer than {policy.minimum_patients}. Ask for fewer features (selection.keep), folds or left-out sites, "
            "or a coarser training.tolerance",
        )


def require_few_deals(policy: Policy, study: Study, sizes: Mapping[str, int], own: int, site: str) -> None:
    """Refuse site probes whose permuted labels could single out patients.

    Everybody knows who has which permuted label, so each permutation gives sums over K - 1 known groups beside the sum
    over all. With as many sums as patients every patient's features follow; with few patients of a label, theirs do.

    Parameters
    ----------
    policy : the site's policy
    study : the study, which probes
    sizes : patients of each site, as the coordinator tells
    own : patients of this site
    site : its name

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`, or `REFUSED` where this site's number is wrong) with the numbers.
    """
    probe = study.harmonization.probe
    if probe is None or site in study.evaluation.external_sites:  # which have no permuted labels
        return
    sizes = {name: sizes[name] for name in training_sites(study, tuple(sizes))}
    if sizes.get(site) != own:
        raise MrfedError(Code.REFUSED, f"{study.name}: this site has {own} patients, and is said to have others")
    patients, sums = sum(sizes.values()), probe.deals * (len(sizes) - 1) + 1
    if min(sizes.values()) < policy.minimum_patients or patients < policy.patients_per_coefficient * sums:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"{study.name}: {sums} sums over permuted site labels of {patients} patients (the smallest site has "
            f"{min(sizes.values())}) would give single patients' features away; here "
            f"{policy.patients_per_coefficient:g} patients a sum and {policy.minimum_patients} of a label are asked "
            "for. Ask for fewer harmonization.probe.deals, or leave the probe out",
        )
