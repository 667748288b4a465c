"""What training a network means for a site, in plain words, for the person who approves it."""

from collections.abc import Iterator

from shared.sections.network import Network


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
            "of patients, sums of what is joined to the image and the final evaluation are exact, and not covered."
        )
