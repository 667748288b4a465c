"""How far each feature moves the model's scores, and how much AUC is lost without it."""

from collections.abc import Sequence

from server.report.svg import ACCENT, INK, MUTED, RULE, Axes, Drawing, ticks
from server.report.words import decimal, shortened, signed
from shared.results.model import ExplainedFeature

_ROW, _NAMES, _MOVES, _NUMBERS = 26, 280, 250, 206


def attributions(shown: Sequence[ExplainedFeature], measure: str = "AUC") -> str:
    """Draw, for each feature, how many patients it moves how far, the mean move and its importance.

    Parameters
    ----------
    shown : features
    measure : what is lost without a feature
    """
    drawing = Drawing(736, _ROW * len(shown) + 72, "How far features move the score")
    limits = shown[0].moves
    axes = Axes(drawing, _NAMES, 24, _MOVES, _ROW * len(shown), (limits[0], limits[-1]), (0, 1))
    axes.x_axis(ticks(limits[0], limits[-1], 5), "moves the score by")
    drawing.line(axes.x(0), axes.top, axes.x(0), axes.top + axes.height, stroke=MUTED)
    drawing.text(736 - _NUMBERS + 90, 14, "mean move", text_anchor="end")
    drawing.text(730, 14, f"{measure} lost", text_anchor="end")
    for k, explanation in enumerate(shown):
        bottom = axes.top + _ROW * (k + 1) - 3
        most = max(1, *explanation.moved)
        drawing.line(axes.left, bottom, axes.left + axes.width, bottom, stroke=RULE)
        for start, stop, patients in zip(explanation.moves, explanation.moves[1:], explanation.moved, strict=False):
            if patients:
                height = (_ROW - 7) * patients / most
                x, tip = axes.x(start), f"{patients} patients between {signed(start)} and {signed(stop)}"
                drawing.add("rect", "", tip, x=x + 0.4, y=bottom - height, width=axes.x(stop) - x - 0.8,
                            height=height, fill=ACCENT)  # fmt: skip
        drawing.text(_NAMES - 12, bottom - 5, shortened(explanation.feature, 42), text_anchor="end", fill=INK)
        drawing.text(736 - _NUMBERS + 90, bottom - 5, decimal(explanation.attribution, 3), text_anchor="end", fill=INK)
        drawing.text(730, bottom - 5, signed(explanation.importance, 3), text_anchor="end", fill=INK)
    return drawing.render()
