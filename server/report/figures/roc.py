"""ROC curves of the sites and of all together."""

from collections.abc import Sequence

from server.report.svg import INK, MUTED, Axes, Drawing, Style, site_style, ticks
from server.report.words import decimal
from shared.results.evaluation import RocPoints, ViewEvaluation

_SIDE = 250


def roc(evaluation: ViewEvaluation, sites: Sequence[str]) -> str:
    """Draw one view's curves.

    Parameters
    ----------
    evaluation : of the view
    sites : all participants, whose order gives the colours
    """
    drawing = Drawing(352, 318, "ROC curves of each site and pooled")
    axes = Axes(drawing, 44, 24, _SIDE, _SIDE, (0, 1), (0, 1))
    axes.y_axis(ticks(0, 1, 6), "sensitivity")
    axes.x_axis(ticks(0, 1, 6), "1 − specificity")
    drawing.line(axes.x(0), axes.y(0), axes.x(1), axes.y(1), stroke=MUTED, stroke_dasharray="3 3")
    for site in evaluation.sites:
        if site.roc:
            style = site_style(list(sites).index(site.site))
            tip = f"{site.site}: AUC {decimal(site.auc)}"
            _curve(drawing, axes, site.roc, tip, {"stroke_width": 1.3, "opacity": 0.85} | style)
    if evaluation.pooled.roc:
        tip = f"pooled: AUC {decimal(evaluation.pooled.auc)}"
        _curve(drawing, axes, evaluation.pooled.roc, tip, {"stroke": INK, "stroke_width": 2.4})
    return drawing.render()


def _curve(drawing: Drawing, axes: Axes, curve: RocPoints, tip: str, style: Style) -> None:
    # straight pieces between the corners: patients of both classes who share a cell count as ties
    drawing.path(axes.points(curve.false_positive_rate, curve.true_positive_rate), tip=tip, **style)
