"""Why a patient of the site's tables does not enter a study. Codes and counts may leave; names never do."""

from enum import StrEnum


class Reason(StrEnum):
    """A reason for leaving a patient out."""

    NO_FEATURES = "no-features"
    """In the clinical table but without images or features."""
    NO_CLINICAL_ROW = "no-clinical-row"
    WITHDRAWN = "withdrawn"
    """The patient has withdrawn her consent."""
    REJECTED = "rejected-at-review"
    """A person of the hospital has rejected her images."""
    TREATED = "examined-after-treatment-began"
    """Her images no longer show the tumour as it was sampled."""
    DUPLICATE = "duplicate-patient"
    """More than one row; the site has to settle which one holds."""
    SUBGROUP = "outside-subgroup"
    LABEL_MISSING = "label-missing"
    LABEL_INDETERMINATE = "label-indeterminate"
    LABEL_CONTRADICTORY = "label-contradictory"
    LABEL_UNREADABLE = "label-unreadable"
    LABEL_IMPLAUSIBLE = "label-outside-plausible-range"
    """A number beyond what the study calls plausible."""
    OTHER_CLASS = "class-outside-endpoint"
    """A known label that the study's endpoint does not ask about."""
    COVARIATE_MISSING = "covariate-missing"
    FEATURE_MISSING = "feature-missing"
    """At least one feature has no finite value; where the study keeps such patients, too few others lack the same."""
    SMALL_BATCH = "batch-too-small"
    """Of a scanner with too few patients, where the study leaves these out."""


UNTOLD = frozenset(
    {
        Reason.LABEL_MISSING,
        Reason.LABEL_INDETERMINATE,
        Reason.LABEL_CONTRADICTORY,
        Reason.LABEL_UNREADABLE,
        Reason.LABEL_IMPLAUSIBLE,
    }
)
"""Reasons that speak of a label alone: such a patient has no class, and is none the less of the study's kind."""
