"""Observed against predicted value of a continuous endpoint, in groups of patients."""

from server.report.figures.calibration import draw_groups
from server.report.svg import MUTED, Axes, Drawing, ticks
from shared.results.continuous import GroupPoints

_SIDE = 250


def agreement(points: GroupPoints, unit: str) -> str:
    """Draw the means of groups as dots, areas by their patients, with 95 % intervals of the observed mean.

    Parameters
    ----------
    points : at least one group
    unit : of the endpoint; empty where it has none
    """
    drawing = Drawing(352, 318, "Observed mean against predicted mean of groups of patients")
    values = (*points.predicted, *points.low, *points.high)
    room = (max(values) - min(values) or 1.0) * 0.06
    reach = (min(values) - room, max(values) + room)
    axes = Axes(drawing, 44, 24, _SIDE, _SIDE, reach, reach)
    behind = f", {unit}" if unit else ""
    axes.y_axis(ticks(*reach, 6), f"observed mean{behind}")
    axes.x_axis(ticks(*reach, 6), f"predicted mean{behind}")
    drawing.line(axes.left, axes.top + _SIDE, axes.left + _SIDE, axes.top, stroke=MUTED, stroke_dasharray="3 3")
    draw_groups(drawing, axes, points)
    return drawing.render()
