"""Mean risk of all patients, were a feature at each of several values."""

from collections.abc import Sequence

from server.report.svg import ACCENT, INK, Axes, Drawing, site_style, ticks
from server.report.words import shortened
from shared.results.model import ExplainedFeature

_COLUMNS, _WIDTH, _HEIGHT = 3, 245, 150


def dependence(shown: Sequence[ExplainedFeature], classes: Sequence[str]) -> str:
    """Draw a small picture for each feature, all on one scale; of two classes the line of the second, of none a number.

    Parameters
    ----------
    shown : features
    classes : names of the endpoint's classes
    """
    rows = -(-len(shown) // _COLUMNS)
    what = "risk" if classes else "prediction"
    drawing = Drawing(736, _HEIGHT * rows + 8, f"Mean {what} against the value of a feature")
    places = [1] if len(classes) == 2 else list(range(max(len(classes), 1)))
    values = [risk for explanation in shown for place in places for risk in explanation.dependence[place]]
    least = 0.05 if classes else 1e-9
    middle, half = (max(values) + min(values)) / 2, max(least, (max(values) - min(values)) * 0.6)
    low, high = (max(0.0, middle - half), min(1.0, middle + half)) if classes else (middle - half, middle + half)
    for k, explanation in enumerate(shown):
        left, top = _WIDTH * (k % _COLUMNS) + 34, _HEIGHT * (k // _COLUMNS) + 28
        reach = (explanation.settings[0], explanation.settings[-1])
        axes = Axes(drawing, left, top, _WIDTH - 52, _HEIGHT - 72, reach, (low, high))
        axes.y_axis(ticks(low, high, 3))
        axes.x_axis(
            ticks(*reach, 5), "standard deviations" if k // _COLUMNS == rows - 1 or k + _COLUMNS >= len(shown) else ""
        )
        drawing.text(left - 26, top - 11, shortened(explanation.feature, 36), fill=INK)
        for place in places:
            style = {"stroke": ACCENT} if len(places) == 1 else site_style(place)
            points = axes.points(explanation.settings, explanation.dependence[place])
            drawing.path(points, stroke_width=2, tip=classes[place] if classes else "", **style)
    return drawing.render()
