"""How far predictions of a continuous endpoint lie from what was observed: counts, and limits of agreement."""

from server.report.svg import ACCENT, INK, MUTED, Axes, Drawing, ticks
from server.report.words import decimal
from shared.results.continuous import Agreement, Differences


def differences(histogram: Differences, within: Agreement, unit: str) -> str:
    """Draw patients by predicted less observed value, the mean difference and the limits of agreement.

    Parameters
    ----------
    found : counts; ranges beyond the outermost patients are left out
    within : whose limits are drawn
    unit : of the endpoint; empty where it has none
    """
    drawing = Drawing(352, 318, "Patients by predicted less observed value")
    filled = [k for k, n in enumerate(histogram.patients) if n]
    ends = [histogram.limits[min(filled)], histogram.limits[max(filled) + 1]]
    lines = [value for value in (within.agreement_low, within.bias, within.agreement_high) if value is not None]
    reach = (min(*ends, *lines), max(*ends, *lines))
    axes = Axes(drawing, 44, 24, 290, 250, reach, (0, max(histogram.patients) * 1.12))
    axes.y_axis([t for t in ticks(0, max(histogram.patients) * 1.12, 5) if t == int(t)], "patients")
    behind = f", {unit}" if unit else ""
    axes.x_axis(ticks(*reach, 5), f"predicted less observed{behind}", grid=False)
    for k in filled:
        start, stop, n = histogram.limits[k], histogram.limits[k + 1], histogram.patients[k]
        x, y = axes.x(start), axes.y(n)
        drawing.add(
            "rect", "", f"{n} patients between {decimal(start)} and {decimal(stop)}",
            x=x + 0.4, y=y, width=axes.x(stop) - x - 0.8, height=axes.y(0) - y, fill=MUTED, opacity=0.5,
        )  # fmt: skip
    drawing.line(axes.x(0), axes.top, axes.x(0), axes.y(0), stroke=INK)
    for value in lines:
        dash = {} if value == within.bias else {"stroke_dasharray": "4 3"}
        drawing.line(axes.x(value), axes.top, axes.x(value), axes.y(0), stroke=ACCENT, stroke_width=1.6, **dash)
    return drawing.render()
