"""AUCs of shuffled labels, and where the true ones lie among them."""

import numpy as np

from server.report.svg import ACCENT, INK, MUTED, SHADE, Axes, Drawing, ticks
from server.report.words import decimal
from shared.results.evaluation import Chance

_CELLS = 24


def chance(permuted: Chance, measure: str = "AUC") -> str:
    """Draw how many shuffles gave an AUC in each range, or a concordance (`measure`)."""
    drawing = Drawing(736, 200, f"{measure} within sites under shuffled labels")
    observed = permuted.auc if permuted.auc is not None else 0.5
    low, high = min(0.3, observed, *permuted.aucs) - 0.02, max(0.7, observed, *permuted.aucs) + 0.02
    counts, edges = np.histogram(permuted.aucs, _CELLS, (low, high))
    top = max(1.0, float(counts.max()) * 1.15)
    axes = Axes(drawing, 44, 24, 660, 130, (low, high), (0, top))
    axes.x_axis(ticks(low, high, 9), f"{measure} within sites, cross-validated", grid=False)
    for value in (t for t in ticks(0, top, 3) if t == int(t)):
        drawing.text(axes.left - 7, axes.y(value) + 3.5, f"{value:.0f}", text_anchor="end")
    drawing.text(16, 14, "shuffles", fill=INK)
    for count, start, stop in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if count:
            y, x = axes.y(count), axes.x(start)
            tip = f"{count} of {permuted.shuffles} between {decimal(start)} and {decimal(stop)}"
            drawing.add("rect", "", tip, x=x + 0.5, y=y, width=axes.x(stop) - x - 1, height=axes.y(0) - y, fill=MUTED,
                        opacity=0.55)  # fmt: skip
    drawing.line(axes.x(0.5), axes.top, axes.x(0.5), axes.y(0), stroke=MUTED, stroke_dasharray="3 3")
    x = axes.x(observed)
    drawing.line(x, axes.top - 6, x, axes.y(0), stroke=ACCENT, stroke_width=2.4)
    right = x > axes.left + axes.width * 0.75
    words = f"true labels {decimal(observed)}"
    beside = x - 8 if right else x + 8
    width = 7.0 * len(words)
    drawing.add("rect", x=beside - width if right else beside, y=axes.top - 10, width=width, height=16, fill=SHADE,
                opacity=0.9, rx=2)  # fmt: skip
    drawing.text(beside, axes.top + 2, words, fill=ACCENT, font_size=12, text_anchor="end" if right else "start")
    return drawing.render()
