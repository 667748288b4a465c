"""The line of each site."""

from collections.abc import Sequence

from server.report.svg import INK, Drawing, site_style

_COLUMNS = 5


def legend(sites: Sequence[str], *, pooled: bool = False) -> str:
    """Draw the names of the sites beside their lines.

    Parameters
    ----------
    sites : participants, whose order gives the colours
    pooled : whether the figure has a line for all sites together as well
    """
    names = [*sites, "pooled"] if pooled else list(sites)
    drawing = Drawing(736, 20 * -(-len(names) // _COLUMNS), "Colours of the sites")
    for k, name in enumerate(names):
        x, y = 736 / _COLUMNS * (k % _COLUMNS) + 4, 20 * (k // _COLUMNS) + 12
        style = site_style(k) if k < len(sites) else {"stroke": INK}
        drawing.line(x, y - 4, x + 22, y - 4, stroke_width=2.2, **style)
        drawing.text(x + 29, y, name, fill=INK, font_size=12)
    return drawing.render()
