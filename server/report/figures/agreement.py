"""Observed against predicted value of a continuous endpoint, in groups of patients."""

from math import sqrt

from server.report.svg import ACCENT, MUTED, Axes, Drawing, ticks
from server.report.words import decimal
from shared.outcome.continuous import GroupPoints

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
    most = max(points.patients)
    for n, predicted, observed, low, high in zip(
        points.patients, points.predicted, points.observed, points.low, points.high, strict=True
    ):
        x = axes.x(predicted)
        drawing.line(x, axes.y(low), x, axes.y(high), stroke=ACCENT, stroke_width=1.2, opacity=0.6)
        drawing.add(
            "circle", "", f"{n} patients: predicted {decimal(predicted)}, observed {decimal(observed)}",
            cx=x, cy=axes.y(observed), r=2.5 + 3 * sqrt(n / most), fill=ACCENT,
        )  # fmt: skip
    return drawing.render()
