"""Distributions of one feature at each site, before and after harmonization."""

from collections.abc import Sequence
from itertools import pairwise

from server.report.svg import INK, MUTED, Axes, Drawing, site_style, ticks
from server.report.words import percent, shortened
from shared.results.harmonized import Distribution, FeatureHarmonization

_ROW, _RIDGE, _NAMES, _PANEL, _TOP = 19, 30, 62, 134, 38


def distributions(feature: FeatureHarmonization, sites: Sequence[str]) -> str:
    """Draw a ridge for each site, before beside after, on the same scales.

    Parameters
    ----------
    feature : with the counts of each site
    sites : participants in the order of the counts
    """
    height = _ROW * (len(sites) - 1) + _RIDGE
    drawing = Drawing(352, _TOP + height + 24, f"{feature.feature} at each site, before and after harmonization")
    drawing.text(0, 12, shortened(feature.feature, 46), fill=INK, font_size=12, font_weight="600")
    highest = max(
        count / max(sum(counts), 1)
        for distribution in (feature.before, feature.after)
        for counts in distribution.counts
        for count in counts
    )
    panels = (("before", feature.before), ("after", feature.after))
    for k, (words, distribution) in enumerate(panels):
        left = _NAMES + k * (_PANEL + 16)
        limits = (feature.edges[0], feature.edges[-1])
        ground = Axes(drawing, left, _TOP, _PANEL, height, limits, (0, 1))
        ground.x_axis(ticks(*limits), grid=False)
        drawing.text(left, 28, f"{words}: {_explained(distribution)}", font_size=10.5)
        for index, counts in enumerate(distribution.counts):
            top = _TOP + _ROW * index
            axes = Axes(drawing, left, top, _PANEL, _RIDGE, limits, (0, highest or 1))
            total = max(sum(counts), 1)
            outline = [(limits[0], 0.0)]
            for (low, high), count in zip(pairwise(feature.edges), counts, strict=True):
                outline += [(low, count / total), (high, count / total)]
            outline.append((limits[1], 0.0))
            color = site_style(index)["stroke"]
            points = [(axes.x(x), axes.y(y)) for x, y in outline]
            drawing.path(points, fill=color, fill_opacity=0.28, stroke=color, stroke_width=0.9)
            mean = distribution.means[index]
            if mean is not None:
                middle, bottom = axes.x(mean), top + _RIDGE
                drawing.line(middle, bottom, middle, bottom - 7, stroke=INK, stroke_width=1.4)
    for index, site in enumerate(sites):
        y = _TOP + _ROW * index + _RIDGE - 2
        drawing.text(0, y, shortened(site, 10), fill=MUTED, font_size=10.5)
    return drawing.render()


def _explained(distribution: Distribution) -> str:
    return f"site explains {percent(distribution.explained)}" if distribution.explained is not None else "constant"
