"""Privacy that the rounds of a network with differential privacy spend at a site; imports no training code."""

from collections.abc import Sequence
from functools import reduce

from shared.errors import Code, MrfedError
from shared.privacy.accountant import Account, Release
from shared.sections.network import DifferentialPrivacy, LocalTraining


def rate_and_steps(patients: int, training: LocalTraining) -> tuple[float, int]:
    """The probability that a patient is in a step, and the number of steps in a round."""
    rate = min(1.0, training.batch_size / patients)
    return rate, training.local_epochs * -(-patients // min(training.batch_size, patients))


def releases(
    patients: Sequence[int], turns: int, training: LocalTraining, privacy: DifferentialPrivacy
) -> tuple[Release, ...]:
    """Noisy gradients that a site has released after a number of rounds.

    Parameters
    ----------
    patients : of this site, who train each fit; a patient may be in all of them
    turns : rounds
    training, privacy : the study's sections
    """
    releases_of_fits = []
    for count in patients:
        if count and turns:
            rate, steps = rate_and_steps(count, training)
            releases_of_fits.append(Release(multiplier=privacy.noise_multiplier, rate=rate, times=turns * steps))
    return tuple(releases_of_fits)


def spent(patients: Sequence[int], turns: int, training: LocalTraining, privacy: DifferentialPrivacy) -> float:
    """Epsilon of a site's updates after a number of rounds; parameters as in `releases`."""
    return reduce(Account.book, releases(patients, turns, training, privacy), Account()).epsilon(privacy.delta)


def require_budget(
    patients: Sequence[int], turns: int, training: LocalTraining, privacy: DifferentialPrivacy, where: str
) -> float:
    """Epsilon after a round, if it is within the study's own limit.

    Raises
    ------
    MrfedError (`BUDGET_SPENT`) otherwise.
    """
    epsilon = spent(patients, turns, training, privacy)
    if epsilon > privacy.epsilon:
        raise MrfedError(
            Code.BUDGET_SPENT,
            f"{where}: round {turns} would bring epsilon to {epsilon:.2f}; the study may spend {privacy.epsilon:g}: "
            "ask for fewer rounds or fits, or a larger noise_multiplier",
        )
    return epsilon
