"""What a result keeps of harmonization: all that a hospital which took no part needs to join by itself."""

from pydantic import Field

from shared.sections.section import Section

Numbers = tuple[float, ...]


class FrozenTransform(Section):
    """How features were transformed."""

    middle: Numbers
    deviation: Numbers
    exponents: tuple[int, ...]
    powers: Numbers | None = None
    """Of Yeo and Johnson's family."""
    counts: tuple[Numbers, ...] | None = None
    """Patients in each range of each feature, for normal scores."""


class FrozenComponents(Section):
    """The principal components of CovBat."""

    centre: Numbers
    scale: Numbers
    directions: tuple[Numbers, ...]
    """Of each feature, along every component."""
    variance: Numbers
    """Of each component's scores within batches."""


class FrozenEffect(Section):
    """What a batch that sites share does to each feature; None where it could not be measured."""

    gamma: tuple[float | None, ...]
    delta: Numbers


class FrozenHarmonization(Section):
    """What the sites agreed on in the fit of all patients: with it a hospital that took no part harmonizes itself."""

    patients: int
    features: tuple[str, ...]
    """Every feature of the study, in order; a batch's effect on one borrows from those on the others."""
    categories: dict[str, tuple[str, ...]]
    """Levels of every categorical covariate."""
    alpha: tuple[float | None, ...]
    """Mean of every feature where the covariates are zero; None where nobody has it."""
    beta: tuple[Numbers, ...]
    """Effects of the covariates' columns on every feature."""
    variance: Numbers
    """Of every feature about the batches' means; 0 where it does not vary."""
    endpoint_shares: Numbers = ()
    """Where the endpoint is kept: the share of patients in each class after the first, for whoever has no label."""
    transform: FrozenTransform | None = None
    joined: dict[str, FrozenEffect] = Field(default_factory=dict)
    """Effects of the scanners that sites have in common."""
    components: FrozenComponents | None = None
