"""Coefficients of the final model, largest first."""

from collections.abc import Sequence

from server.report.svg import ACCENT, INK, MUTED, Axes, Drawing, ticks
from server.report.words import shortened, signed
from shared.results.model import Coefficient

_ROW, _NAMES, _NUMBERS = 20, 330, 60


def coefficients(shown: Sequence[Coefficient], of: str = "log-odds") -> str:
    """Draw a bar for each coefficient, on the scale of one standard deviation of its feature.

    Parameters
    ----------
    shown : largest first
    of : what they add to
    """
    drawing = Drawing(736, _ROW * len(shown) + 48, "Coefficients of the final model")
    reach = max([1e-6, *(abs(coefficient.value) for coefficient in shown)]) * 1.08
    width = 736 - _NAMES - _NUMBERS
    axes = Axes(drawing, _NAMES, 6, width, _ROW * len(shown), (-reach, reach), (0, 1))
    axes.x_axis(ticks(-reach, reach, 7), f"{of} per standard deviation")
    drawing.line(axes.x(0), axes.top, axes.x(0), axes.top + axes.height, stroke=MUTED)
    for k, coefficient in enumerate(shown):
        y = axes.top + _ROW * (k + 0.5)
        left, right = sorted((axes.x(0), axes.x(coefficient.value)))
        drawing.add("rect", x=left, y=y - 5, width=right - left, height=10, fill=ACCENT, rx=1.5)
        drawing.text(_NAMES - 12, y + 4, shortened(coefficient.feature, 52), text_anchor="end", fill=INK)
        drawing.text(736, y + 4, signed(coefficient.value, 3), text_anchor="end", fill=INK)
    return drawing.render()
