"""What came out of a study with noise: the model of its `result.json`. Everything in it has the noise in it."""

from pydantic import BaseModel, ConfigDict

from shared.study.study import Study


class Part(BaseModel):
    """A part of the result: unknown fields are errors, and nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Weight(Part):
    """What one unit of a feature, scaled from its declared range to -1 ... 1, adds to the log-odds."""

    feature: str
    low: float
    high: float
    value: float


class Spent(Part):
    """What one patient more or less can change, at most."""

    epsilon: float
    delta: float
    multiplier: float
    """Standard deviation of the noise over the sensitivity, in each release."""
    releases: int
    honest: int
    """How many sites' noise suffices for this epsilon."""
    products_deviation: float
    """Of the noise in each sum of the model."""
    scores_deviation: float
    """Of the noise in each count of scores."""


class NoisyResult(Part):
    """A study with noise, whole."""

    format: int = 1
    study: Study
    study_digest: str
    sites: tuple[str, ...]
    absent: tuple[tuple[str, str], ...]
    """Sites that took no part, and why in a word."""
    intercept: float
    weights: tuple[Weight, ...]
    patients: float
    """As the curvature tells, noise and all."""
    counts: tuple[tuple[float, ...], ...]
    """Of each class: patients in each range of scores, noise and all, of models that had not seen them."""
    auc: float | None
    """From those counts, none of them under zero; None where the noise left no pairs."""
    spent: Spent
