"""What the harmonization refuses to compute, and why; sites and coordinator give it a code."""


class HarmonizationError(ValueError):
    """An input from which no honest answer follows; the text says what, where and what to do."""


class TooFewPatientsError(HarmonizationError):
    """A batch, or a whole table, has too few patients for what is asked of it."""


class RankDeficientError(HarmonizationError):
    """A covariate is determined by the batches and the other covariates."""
