"""What the site probes found: areas under the curve of guessing the site, each site against the rest, averaged."""

from pydantic import AliasChoices, Field

from shared.sections.section import Section


class SiteProbe(Section):
    """One classifier, cross-validated. 0.5 is chance; under it, equal means were forced on the training patients."""

    kind: str
    """Linear, or a random forest."""
    before: float
    after: float
    """Of the features before harmonization and after it."""
    permuted: float = Field(validation_alias=AliasChoices("permuted", "dealt"))
    """Mean after ComBat on permuted labels, guessing these: what ComBat itself writes into the features."""
    permuted_low: float = Field(validation_alias=AliasChoices("permuted_low", "dealt_low"))
    permuted_high: float = Field(validation_alias=AliasChoices("permuted_high", "dealt_high"))
    """Between which 95 per cent lie, as many permutations together as there are folds."""
    rounding: float
    """The most by which counting in ranges of probability can move an area."""


class SiteProbes(Section):
    """All classifiers."""

    permutations: int = Field(validation_alias=AliasChoices("permutations", "deals"))
    folds: int
    probes: tuple[SiteProbe, ...]
