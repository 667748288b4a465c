"""How ways of evaluating are called on the page."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.study.plan import View

TITLES: Mapping[View, str] = MappingProxyType(
    {
        View.EXTERNAL: "External sites, which trained nothing",
        View.LEFT_OUT_SITE: "Sites that the model had not seen",
        View.CROSS_VALIDATION: "Patients held out within the sites",
    }
)
WHO: Mapping[View, str] = MappingProxyType(
    {
        View.EXTERNAL: "At external sites, which trained nothing",
        View.LEFT_OUT_SITE: "At sites that the model had not seen",
        View.CROSS_VALIDATION: "In cross-validation within the sites",
    }
)
"""As a sentence begins."""
UNSEEN_FIRST = tuple(TITLES)
"""Patients of sites that the model had not seen before all others: the claim that counts."""
