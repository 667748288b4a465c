"""How much the site explains of every feature, before against after harmonization."""

from collections.abc import Sequence

from server.report.svg import ACCENT, MUTED, Axes, Drawing, ticks
from server.report.words import percent
from shared.results.harmonized import FeatureHarmonization

_SIDE = 250


def explained(features: Sequence[FeatureHarmonization]) -> str:
    """Draw a dot for each feature; under the diagonal the site explains less than before."""
    drawing = Drawing(352, 318, "Share of variance that the site explains, before and after, per feature")
    shares = [
        (feature.before.explained, feature.after.explained, feature.feature)
        for feature in features
        if feature.before.explained is not None and feature.after.explained is not None
    ]
    top = max([0.05, *(max(before, after) for before, after, _ in shares)]) * 1.05
    axes = Axes(drawing, 44, 24, _SIDE, _SIDE, (0, top), (-0.02 * top, top))
    axes.y_axis(ticks(0, top), "after")
    axes.x_axis(ticks(0, top), "before")
    drawing.line(axes.x(0), axes.y(0), axes.x(top), axes.y(top), stroke=MUTED, stroke_dasharray="3 3")
    for before, after, feature in shares:
        tip = f"{feature}: {percent(before)} before, {percent(after)} after"
        drawing.add("circle", "", tip, cx=axes.x(before), cy=axes.y(after), r=2.4, fill=ACCENT, opacity=0.55)
    return drawing.render()
