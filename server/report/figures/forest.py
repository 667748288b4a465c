"""AUC of each site with its interval, then within sites and pooled."""

from collections.abc import Sequence

from server.report.svg import ACCENT, INK, MUTED, SHADE, Axes, Drawing, Style, site_style, ticks
from server.report.words import decimal
from shared.results.evaluation import ViewEvaluation
from shared.results.measure import Interval

_ROW, _LABEL, _NUMBERS = 25, 150, 190


def forest(evaluation: ViewEvaluation, sites: Sequence[str]) -> str:
    """Draw the AUCs of one view.

    Parameters
    ----------
    evaluation : of the view
    sites : all participants, whose order gives the colours
    """
    within, pooled = evaluation.stratified, evaluation.pooled
    known = [within.auc, pooled.auc, within.chance_low, *(site.auc for site in evaluation.sites)]
    known += [site.interval.low for site in evaluation.sites if site.interval]
    low = max(0.0, min([0.4, *(value for value in known if value is not None)]) // 0.1 / 10)
    rows = len(evaluation.sites) + 2
    drawing = Drawing(736, 78 + _ROW * (rows + 0.6), "AUC of each site, within sites and pooled")
    axes = Axes(drawing, _LABEL, 22, 736 - _LABEL - _NUMBERS, _ROW * (rows + 0.6), (low, 1.0), (0, 1))
    bottom = axes.top + axes.height
    if within.chance_low is not None and within.chance_high is not None:
        left, right = axes.x(within.chance_low), axes.x(within.chance_high)
        drawing.add(
            "rect", "", "95 % of scores that know nothing have an AUC in this range, within these sites",
            x=left, y=axes.top, width=right - left, height=axes.height, fill=SHADE,
        )  # fmt: skip
        drawing.text((left + right) / 2, 14, "chance alone, 95 %", text_anchor="middle", font_size=10)
    axes.x_axis(ticks(low, 1.0, 6), "area under the ROC curve", grid=False)
    drawing.line(axes.x(0.5), axes.top, axes.x(0.5), bottom, stroke=MUTED, stroke_dasharray="3 3")

    def row(y: float, name: str, value: float | None, interval: Interval | None, note: str, style: Style) -> None:
        bold = {"font_weight": "600"} if style.get("stroke") == ACCENT else {}
        drawing.text(_LABEL - 14, y + 4, name, text_anchor="end", fill=INK, font_size=12, **bold)
        right = 736 - _NUMBERS + 14
        if value is None:
            drawing.text(right, y + 4, note or "no value", font_size=12)
            return
        if interval:
            drawing.line(axes.x(interval.low), y, axes.x(interval.high), y, stroke_width=1.6, **style)
        drawing.text(right, y + 4, decimal(value), fill=INK, font_size=12, **bold)
        beside = f"{decimal(interval.low)} – {decimal(interval.high)}" if interval else note
        drawing.text(right + 46, y + 4, beside, font_size=12, **bold)

    for k, site in enumerate(evaluation.sites):
        y = axes.top + _ROW * (k + 0.7)
        style = site_style(list(sites).index(site.site))
        few = "too few patients" if site.positives is None else "one class only"
        row(y, site.site, site.auc, site.interval, "" if site.auc is not None else few, style)
        if site.auc is not None:
            drawing.add("circle", cx=axes.x(site.auc), cy=y, r=4.5, fill=style["stroke"])
    y = axes.top + _ROW * (rows - 0.9)
    drawing.line(16, y - _ROW / 2 - 3, 720, y - _ROW / 2 - 3)
    row(y, "within sites", within.auc, within.interval, "", {"stroke": ACCENT})
    if within.auc is not None:
        x, r = axes.x(within.auc), 7.0
        drawing.path([(x - r, y), (x, y - r), (x + r, y), (x, y + r)], close=True, fill=ACCENT, stroke="#fff")
    y += _ROW
    row(y, "pooled", pooled.auc, None, f"± {decimal(pooled.auc_bound, 3)} (grid)", {})
    if pooled.auc is not None:
        drawing.add("circle", cx=axes.x(pooled.auc), cy=y, r=4.5, fill="#fff", stroke=INK, stroke_width=1.6)
    return drawing.render()
