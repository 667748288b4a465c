"""Learn the standard histogram that all sites bring their images onto, and once without each left-out site."""

from server.federation import Federation
from shared.clustering import standard_histogram
from shared.clustering.standard_histogram import Standards
from shared.sections.imaging import ImageName
from shared.step import Step


def standard_model(federation: Federation) -> dict[ImageName, tuple[float, ...]]:
    """The standards of all sites together, for the result; empty where the study asks for none."""
    images = federation.study.standardized
    if not images:
        return {}
    return dict(standard_histogram.learned(federation.totals(Step.NORMALIZE), images)[0])


def normalize(federation: Federation) -> tuple[Standards, ...]:
    """Ask for sums of landmarks, from which the standards of each omission follow."""
    return standard_histogram.learned(federation.ask(Step.NORMALIZE).totals, federation.study.standardized)
