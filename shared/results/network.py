"""A trained network: its rounds, what it looks at, and its final weights' digest."""

from shared.results.measure import Measure
from shared.results.part import Part


class Round(Part):
    """One round of a network's training, of the model of all patients as it came in."""

    loss: float
    """Mean log-loss over the judged patients of all sites."""
    auc: Measure
    """Of validation patients, pairs within sites; None without them."""
    site_loss: tuple[float | None, ...] = ()
    """At each site, in the order of the participants, None where it trains nothing; empty where the study hides sums of
    single sites."""
    change: float
    """Norm of the change of all averaged weights."""


class Attention(Part):
    """Where the network looks, over the patients of all sites."""

    name: str
    patients: int
    inside: float
    """Mean share of the attention that lies in the lesion."""
    area: float
    """Mean share of the crop that the lesion is: what attention that knows nothing would have."""
    peaks: float
    """Share of patients in whom the attention is largest in the lesion."""


class InputScale(Part):
    """How a clinical variable, a feature or a channel of the images enters a network."""

    name: str
    mean: float
    """Subtracted."""
    sd: float
    """Divided by, after that."""


class FinalNetwork(Part):
    """The network trained on the patients of all sites."""

    weights: int
    """How many there are."""
    averaged: int
    """How many travelled in each round."""
    digest: str
    """SHA-256 of the weights; the file lies beside the report and at every site."""
    fits: int
    """Models trained at once: folds, left-out sites and the final one."""
    rounds: tuple[Round, ...]
    variables: tuple[InputScale, ...] = ()
    channels: tuple[InputScale, ...] = ()
    """Empty where each patient's images are scaled by themselves, or not at all."""
    attention: tuple[Attention, ...] = ()
