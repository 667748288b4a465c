"""The standard histogram onto which all sites bring their images."""

from shared.clustering.standard_histogram import LANDMARKS
from shared.contract.axes import OMISSIONS
from shared.contract.disclosure import Columns, Content, Unit
from shared.contract.exchange import Exchange
from shared.contract.quantity import Axis, counts, masked
from shared.step import Step
from shared.study.kind import Kind, kind_of

_IMAGES = Axis(
    "images", "images in arbitrary units that the study standardizes", lambda facts: len(facts.study.standardized)
)
_LANDMARKS = Axis("landmarks", "percentiles of an image's values", lambda _: LANDMARKS)

NORMALIZE = Exchange(
    Step.NORMALIZE,
    "The sites learn one standard histogram, so that images in arbitrary units become comparable.",
    "studies whose images are brought onto a standard histogram (`nyul`)",
    asked=lambda study: kind_of(study) in (Kind.FEATURES, Kind.NETWORK) and bool(study.standardized),
    quantities=(
        counts("weight", (OMISSIONS,), "patients whose images decide the standard histogram"),
        masked(
            "landmarks",
            (OMISSIONS, _IMAGES, _LANDMARKS),
            "sum over patients of an image's scaled percentiles",
            *(Content.FIRST, Columns.IMAGES),
            unit=Unit.LANDMARK,
        ),
    ),
)
