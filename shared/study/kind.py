"""What kind of study it is: each kind has exchanges of its own."""

from enum import StrEnum

from shared.study.study import Study
from shared.study.study_sections import Purpose


class Kind(StrEnum):
    """What a study asks its sites for."""

    SURVEY = "survey"
    """What they could bring; nothing is learned."""
    NOISY = "noisy"
    """A logistic model of sums to which every site adds noise."""
    NETWORK = "network"
    """A network on images."""
    FEATURES = "features"
    """A model on features."""


def kind_of(study: Study) -> Kind:
    """Kind of a study."""
    if study.purpose is Purpose.FEASIBILITY:
        return Kind.SURVEY
    if study.privacy.noise is not None:
        return Kind.NOISY
    return Kind.FEATURES if study.network is None else Kind.NETWORK
