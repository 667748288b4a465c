"""Observed against predicted risk."""

from math import sqrt

from server.report.svg import ACCENT, MUTED, Axes, Drawing, ticks
from server.report.words import decimal
from shared.results.continuous import GroupPoints
from shared.results.evaluation import CalibrationPoints

_SIDE = 250


def calibration(points: CalibrationPoints) -> str:
    """Draw groups of patients as dots, areas by their number, with Wilson's 95 % intervals."""
    drawing = Drawing(352, 318, "Observed share of positive patients against predicted risk")
    axes = Axes(drawing, 44, 24, _SIDE, _SIDE, (0, 1), (0, 1))
    axes.y_axis(ticks(0, 1, 6), "observed share")
    axes.x_axis(ticks(0, 1, 6), "predicted risk")
    drawing.line(axes.x(0), axes.y(0), axes.x(1), axes.y(1), stroke=MUTED, stroke_dasharray="3 3")
    draw_groups(drawing, axes, points)
    return drawing.render()


def draw_groups(drawing: Drawing, axes: Axes, points: CalibrationPoints | GroupPoints) -> None:
    """Add groups of patients as dots at what was predicted and observed of them, with intervals of the latter."""
    most = max(points.patients, default=1)
    for n, predicted, observed, low, high in zip(
        points.patients, points.predicted, points.observed, points.low, points.high, strict=True
    ):
        x = axes.x(predicted)
        drawing.line(x, axes.y(low), x, axes.y(high), stroke=ACCENT, stroke_width=1.2, opacity=0.6)
        drawing.add(
            "circle", "", f"{n} patients: predicted {decimal(predicted)}, observed {decimal(observed)}",
            cx=x, cy=axes.y(observed), r=2.5 + 3 * sqrt(n / most), fill=ACCENT,
        )  # fmt: skip
