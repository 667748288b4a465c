"""What the site probes found: areas under the curve of guessing the site, each site against the rest, averaged."""

from shared.sections.section import Section


class SiteProbe(Section):
    """One classifier, cross-validated. 0.5 is chance; under it, equal means were forced on the training patients."""

    kind: str
    """Linear, or a random forest."""
    before: float
    after: float
    """Of the features before harmonization and after it."""
    permuted: float
    """Mean after ComBat on permuted labels, guessing these: what ComBat itself writes into the features."""
    permuted_low: float
    permuted_high: float
    """Between which 95 per cent lie, as many deals together as there are folds."""
    rounding: float
    """The most by which counting in ranges of probability can move an area."""


class SiteProbes(Section):
    """All classifiers."""

    deals: int
    folds: int
    probes: tuple[SiteProbe, ...]
