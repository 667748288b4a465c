"""What training a network means for a site, in plain words, for the person who approves it."""

from collections.abc import Iterator

from shared.sections.network import Network
from shared.sections.privacy import SiteSums


def computed(network: Network) -> Iterator[str]:
    """Sentences for the approval.

    Parameters
    ----------
    network : the study's section
    """
    rounds, strategy = network.training.rounds, network.strategy
    yield (
        f"A network ({network.architecture.name}) is trained on crops of the lesion, here and at every other site, in "
        f"up to {rounds} rounds ({strategy.name}); after each, how training changed its weights leaves."
    )
    if not strategy.masked:
        yield (
            "THE COORDINATOR READS THIS SITE'S OWN CHANGES, not only the sum over all sites: the study compares sites "
            "to withstand dishonest ones. Changes of weights can tell much about the patients who were trained on."
        )
    if (own := network.differential_privacy) is not None:
        yield (
            f"Changes carry noise: epsilon at most {own.epsilon:g} over the whole study (delta {own.delta:g}). Numbers "
            "of patients, sums of what enters the network and the final evaluation are exact, and not covered."
        )


def concluded(network: Network, site_sums: SiteSums) -> str:
    """What can be concluded from the rounds.

    Parameters
    ----------
    network : the study's section
    site_sums : whether those of single sites can be concluded
    """
    if network.differential_privacy is not None:
        own = network.differential_privacy
        return (
            "What the rounds tell about one patient more or less is bounded, whoever reads them: epsilon at most "
            f"{own.epsilon:g} at delta {own.delta:g} over all rounds and fits of this study."
        )
    whose = "the patients of all sites together"
    if not network.strategy.masked or site_sums is SiteSums.DERIVABLE:
        whose = "this site's own patients"
    return (
        f"How training changed the weights is readable in every round, as trained on {whose}. Such changes can be "
        "inverted to images like those of the patients behind them, the more so the fewer patients and steps; nothing "
        "bounds that. A study that has to bound it sets network.differential_privacy."
    )
