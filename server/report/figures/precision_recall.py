"""Precision against recall of all sites together."""

from server.report.svg import ACCENT, MUTED, Axes, Drawing, ticks
from server.report.words import decimal
from shared.results.evaluation import PrecisionRecallPoints

_SIDE = 250


def precision_recall(points: PrecisionRecallPoints) -> str:
    """Draw the curve at the thresholds of the grid.

    Parameters
    ----------
    points : of the curve
    """
    # at the lowest threshold that some patient reaches everybody is called, which is what chance gives
    prevalence = points.precision[0]
    drawing = Drawing(352, 318, "Precision against recall, pooled")
    axes = Axes(drawing, 44, 24, _SIDE, _SIDE, (0, 1), (0, 1))
    axes.y_axis(ticks(0, 1, 6), "precision")
    axes.x_axis(ticks(0, 1, 6), "recall (sensitivity)")
    drawing.line(axes.x(0), axes.y(prevalence), axes.x(1), axes.y(prevalence), stroke=MUTED, stroke_dasharray="3 3")
    tip = f"average precision {decimal(points.average_precision)}; chance {decimal(prevalence)}"
    drawing.path(axes.points(points.recall, points.precision), stroke=ACCENT, stroke_width=2.2, tip=tip)
    return drawing.render()
