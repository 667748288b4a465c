"""A nomogram."""

from server.report.nomogram_points import LARGEST_POINTS, Nomogram
from server.report.svg import ACCENT, INK, MUTED, Axes, Drawing, tick_labels, ticks
from server.report.words import percent, shortened

_ROW, _LABEL, _WIDTH = 34, 256, 736
_RISKS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_LEAST_GAP = 26
"""Pixels between two labels of the risk scale."""


def nomogram(model: Nomogram) -> str:
    """Draw the points, a line for each variable, the total and the risk."""
    rows = len(model.variables) + 3
    drawing = Drawing(_WIDTH, _ROW * rows + 30, "Nomogram: points of each variable, their total, and the risk")
    width = _WIDTH - _LABEL - 24
    points = Axes(drawing, _LABEL, 0, width, 1, (0, LARGEST_POINTS), (0, 1))
    _scale(drawing, 24, "points", [(points.x(p), f"{p:.0f}") for p in range(0, 101, 10)], bold=True)
    bottom = 24 + _ROW * len(model.variables) + 10
    for p in range(0, 101, 10):
        drawing.line(points.x(p), 28, points.x(p), bottom)
    for k, variable in enumerate(model.variables):
        values = ticks(variable.low, variable.high, 9)
        marks = [
            (points.x(model.points(variable, value)), words)
            for value, words in zip(values, tick_labels(values), strict=True)
        ]
        ends = [points.x(model.points(variable, value)) for value in (variable.low, variable.high)]
        name = shortened(variable.name, 34)
        _scale(drawing, 24 + _ROW * (k + 1), name, marks, ends=(min(ends), max(ends)), color=ACCENT)
    y = 24 + _ROW * (len(model.variables) + 1)
    total = Axes(drawing, _LABEL, 0, width, 1, (0, model.most), (0, 1))
    values = ticks(0, model.most, 9)
    marks = list(zip(map(total.x, values), tick_labels(values), strict=True))
    _scale(drawing, y, "total points", marks, ends=(total.x(0), total.x(model.most)), bold=True)
    reached = [
        (total.x(model.total_of(risk)), percent(risk)) for risk in _RISKS if 0 <= model.total_of(risk) <= model.most
    ]
    _scale(drawing, y + _ROW, "risk", reached, ends=(total.x(0), total.x(model.most)), bold=True)
    return drawing.render()


def _scale(
    drawing: Drawing,
    y: float,
    name: str,
    marks: list[tuple[float, str]],
    *,
    ends: tuple[float, float] | None = None,
    color: str = MUTED,
    bold: bool = False,
) -> None:
    left, right = ends or (marks[0][0], marks[-1][0])
    weight = {"font_weight": "600"} if bold else {}
    drawing.text(_LABEL - 18, y + 4, name, text_anchor="end", fill=INK, font_size=12, **weight)
    drawing.line(left, y, right, y, stroke=color, stroke_width=1.6)
    written = -_LEAST_GAP * 1.0
    for x, words in sorted(marks):
        drawing.line(x, y, x, y + 4, stroke=color, stroke_width=1.2)
        if x - written >= _LEAST_GAP:
            drawing.text(x, y + 15, words, text_anchor="middle", font_size=10)
            written = x
