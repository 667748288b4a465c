"""Distributions of one feature at each site, before and after harmonisation."""

from collections.abc import Sequence

from server.report.svg import INK, Axes, Drawing, site_style, ticks
from server.report.words import percent
from shared.result import Distribution, FeatureHarmonization


def distributions(feature: FeatureHarmonization, sites: Sequence[str]) -> str:
    """Draw the sites' shares over the ranges, before beside after, on the same scales.

    Parameters
    ----------
    feature : with the counts of each site
    sites : participants in the order of the counts
    """
    drawing = Drawing(352, 148, f"{feature.feature} at each site, before and after harmonisation")
    shares = {
        words: [[n / max(sum(counts), 1) for n in counts] for counts in one.counts]
        for words, one in (("before", feature.before), ("after", feature.after))
    }
    top = max(share for panel in shares.values() for site in panel for share in site) * 1.05
    for k, (words, one) in enumerate((("before", feature.before), ("after", feature.after))):
        axes = Axes(drawing, 6 + 176 * k, 34, 160, 84, (feature.edges[0], feature.edges[-1]), (0, top))
        axes.x_axis(ticks(feature.edges[0], feature.edges[-1], 4), grid=False)
        drawing.text(axes.left, 28, f"{words}: {_explained(one)}", font_size=10.5)
        for index, site in enumerate(shares[words]):
            outline = [(axes.x(feature.edges[0]), axes.y(0))]
            for low, high, share in zip(feature.edges, feature.edges[1:], site, strict=False):
                outline += [(axes.x(low), axes.y(share)), (axes.x(high), axes.y(share))]
            outline.append((axes.x(feature.edges[-1]), axes.y(0)))
            drawing.path(outline, tip=sites[index], stroke_width=1.4, opacity=0.9, **site_style(index))
    drawing.text(6, 12, _shortened(feature.feature), fill=INK, font_size=12, font_weight="600")
    return drawing.render()


def _explained(one: Distribution) -> str:
    return f"site explains {percent(one.explained)}" if one.explained is not None else "constant"


def _shortened(name: str, most: int = 48) -> str:
    return name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-most // 2 :]}"
