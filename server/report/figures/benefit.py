"""Decision curve."""

from collections.abc import Sequence

from server.report.svg import ACCENT, INK, MUTED, Axes, Drawing, Style, ticks
from shared.results.evaluation import BenefitPoints

_SIDE = 250


def benefit(points: BenefitPoints) -> str:
    """Draw the net benefit of the model, of treating all and of treating nobody."""
    drawing = Drawing(352, 318, "Net benefit against threshold probability")
    top = max(0.05, *points.treat_all, *points.model) * 1.08
    low = -0.25 * top
    axes = Axes(drawing, 44, 24, _SIDE, _SIDE, (0, 1), (low, top))
    axes.y_axis(ticks(low, top, 6), "net benefit")
    axes.x_axis(ticks(0, 1, 6), "threshold probability")
    lines: tuple[tuple[str, Sequence[float], Style], ...] = (
        ("the model", points.model, {"stroke": ACCENT, "stroke_width": 2.2}),
        ("act on all", points.treat_all, {"stroke": MUTED, "stroke_width": 1.3, "stroke_dasharray": "5 3"}),
        ("act on nobody", [0.0] * len(points.model), {"stroke": MUTED, "stroke_width": 1.3}),
    )
    for k, (words, values, style) in enumerate(lines):
        shown = [(axes.x(t), axes.y(v)) for t, v in zip(points.threshold, values, strict=True) if v >= low]
        if shown:
            drawing.path(shown, **style)
        y = axes.top + 14 + 17 * k
        drawing.add("rect", x=186, y=y - 11, width=106, height=16, fill="#fff", opacity=0.85)
        drawing.line(192, y - 4, 214, y - 4, **style)
        drawing.text(220, y, words, fill=INK)
    return drawing.render()
