"""A study of habitats at a small hospital."""

from shared.study.study import Study
from tests.small_hospital import study as plain_study

MAPS = [
    {"name": "wash_in", "early_s": 20, "late_s": 80},
    {"name": "washout", "early_s": 20, "late_s": 80},
]


def habitat_study(**habitats: object) -> Study:
    """Two habitats over wash-in and washout."""
    asked = {"maps": ["wash_in", "washout"], "clusters": [2], "feature_classes": ["firstorder"]} | habitats
    return plain_study(maps=MAPS, radiomics={"preset": "ibsi", "log_sigma_mm": [], "habitats": asked})
