"""Learn the standard histogram that all sites bring their images onto, and once without each left-out site."""

from server.federation import Federation
from shared.clustering import standard_histogram
from shared.clustering.standard_histogram import Standards
from shared.sections.imaging import ImageName
from shared.step import Step
from shared.study.omissions import omissions


def standard_model(federation: Federation) -> dict[ImageName, tuple[float, ...]]:
    """The standards of all sites together, for the result; empty where the study asks for none."""
    images = federation.study.standardized
    if not images:
        return {}
    return dict(standard_histogram.learned(federation.totals(Step.NORMALIZE), images)[0])


def normalize(federation: Federation) -> tuple[Standards, ...]:
    """Ask for sums of landmarks.

    Returns
    -------
    the standards of each omission; none where the study asks for none
    """
    study = federation.study
    if not study.standardized:
        return ()
    sizes = standard_histogram.sizes(study.standardized, len(omissions(study, federation.roster)))
    return standard_histogram.learned(federation.ask(Step.NORMALIZE, sizes).totals, study.standardized)
