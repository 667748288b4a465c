"""Why a feature has no value. A missing feature is NaN with one of these names, never a zero."""

from enum import StrEnum


class Missing(StrEnum):
    """A reason that identifies nobody and may be counted across patients."""

    EMPTY_REGION = "empty-region"
    """No voxel is left, for instance after a ring was clipped to the breast."""
    ONE_VOXEL = "one-voxel"
    SINGLE_SLICE = "single-slice"
    """The region is flat, and the settings ask for three dimensions."""
    SEVERAL_LABELS = "several-labels"
    """A mask with several labels, none of them chosen."""
    NO_SPACING = "no-spacing"
    """The image does not say how large its voxels are."""
    GRIDS_DIFFER = "grids-differ"
    """Image and mask do not have the same number of voxels."""
    NOT_FINITE = "not-finite"
    """More voxels without a value than the study allows."""
    CONSTANT = "constant"
    """All voxels of the region have the same value."""
    ONE_GREY_LEVEL = "one-grey-level"
    """All voxels fall into one bin: there is no texture to measure."""
    IMAGE_TOO_SMALL = "image-too-small"
    """The filter does not fit into the image."""
    UNDEFINED = "undefined"
    """The feature's formula has no value here."""
    NO_IMAGE = "no-image"
    """The patient has no such image, and the study lets the patient stay."""
