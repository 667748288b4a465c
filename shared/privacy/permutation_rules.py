"""What stands against shuffled labels: whom a shuffle calls positive may be known, so each sum is an equation."""

from math import e, log2, pi

from shared.errors import Code, MrfedError
from shared.privacy.policy import Policy
from shared.sections.model import TreeSettings
from shared.study.permutation_plan import decoded_sums
from shared.study.study import Study


def require_fewer_shuffles(policy: Policy, study: Study, patients: float) -> None:
    """Refuse so many shuffles of the labels that their sums alone give single patients' features away.

    Shuffles follow from the study's seed. The sum of the features of those whom a shuffle calls positive, in each fold,
    is a sum over a known group: as many of them as patients are a linear system whose solution is every row. Of numbers
    the sums and squares over inner folds, which a shuffle draws anew, are equations in the outcomes.

    Parameters
    ----------
    policy : the site's policy
    study : the study
    patients : of all sites

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the numbers.
    """
    sums, of = decoded_sums(study), "outcomes" if study.question.endpoint.continuous else "features"
    if patients < policy.patients_per_coefficient * sums:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"{study.name}: {sums} sums over shuffled labels of {patients:.0f} patients would give single patients' "
            f"{of} away; here {policy.patients_per_coefficient:g} patients a sum are asked for. Ask for fewer "
            "evaluation.permutations",
        )


def require_fewer_ranges_of_shuffles(policy: Policy, study: Study, patients: float) -> None:
    """Refuse so many shuffles that their histograms tell in which range of a feature each patient lies.

    At the root of a shuffle's first tree a histogram counts those whom the shuffle calls positive in every range. Where
    they are known, each count is an equation in whole numbers, and far fewer of these settle the ranges of n patients
    than real sums would: a feature holds n log2(ranges) bits, and the count of a range of n / ranges patients, of whom
    a half is called positive, has at most log2(2 pi e n / (4 ranges)) / 2. All counts together may have no more bits
    than the feature has, divided by `patients_per_coefficient`. The histograms of later trees and deeper nodes are not
    counted: who is in a node has to be known first.

    Parameters
    ----------
    policy : the site's policy
    study : the study, whose trees are grown from histograms
    patients : of the smallest training set, of all sites

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the numbers.
    """
    if not policy.patients_per_coefficient:
        return
    assert isinstance(study.model, TreeSettings)
    sums, ranges = decoded_sums(study), study.model.bins
    of_count = log2(max(2 * pi * e * patients / (4 * ranges), 2.0)) / 2
    most = patients * log2(ranges) / (ranges * of_count * policy.patients_per_coefficient)
    if sums > most:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"{study.name}: histograms of {sums} groups that shuffled labels draw of {patients:.0f} patients would "
            f"tell single patients' ranges of features; at most {int(most)} groups are allowed here. Ask for fewer "
            "evaluation.permutations, evaluation.folds or model.bins, or for another kind of model",
        )
