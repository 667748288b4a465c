"""Patients of each site by class."""

from collections.abc import Sequence

from server.report.svg import INK, MUTED, Axes, Drawing, ticks
from server.report.words import count
from shared.results.taking_part import Participant

_ROW, _LABEL = 26, 150
CLASSES = ("#b9c7d3", "#0b5c8a", "#5fa3c7", "#12324a", "#8fb8a0", "#c9a86a")
"""Fills of the classes in their order."""


def participants(sites: Sequence[Participant], classes: Sequence[str], minimum: int) -> str:
    """Draw a stacked bar for each site.

    Parameters
    ----------
    sites : participants
    classes : names of the endpoint's classes
    minimum : a class with fewer patients is not told, and drawn as an outline
    """
    drawing = Drawing(736, _ROW * len(sites) + 66, "Patients of each site by class")
    most = max(participant.patients for participant in sites)
    axes = Axes(drawing, _LABEL, 26, 736 - _LABEL - 60, _ROW * len(sites), (0, most), (0, 1))
    axes.x_axis(ticks(0, most, 8), "patients")
    left = float(_LABEL)
    for k, name in enumerate(classes):
        drawing.add("rect", x=left, y=4, width=11, height=11, fill=CLASSES[k % len(CLASSES)], rx=2)
        drawing.text(left + 16, 13.5, name, fill=INK, font_size=12)
        left += 36 + 7 * len(name)
    for k, participant in enumerate(sites):
        y, start = axes.top + _ROW * k + 4, 0
        drawing.text(_LABEL - 14, y + 13, participant.site, text_anchor="end", fill=INK, font_size=12)
        for index, n in enumerate(participant.classes):
            if n:
                tip = f"{participant.site}, {classes[index]}: {count(n, minimum)}"
                fill = CLASSES[index % len(CLASSES)]
                x, width = axes.x(start), axes.x(start + n) - axes.x(start)
                drawing.add("rect", "", tip, x=x, y=y, width=width, height=_ROW - 8, fill=fill)
                start += n
        if start < participant.patients:
            x, width = axes.x(start), axes.x(participant.patients) - axes.x(start)
            tip = f"{participant.site}: a class has fewer than {minimum} patients, so no number is shown"
            style = {"fill": "none", "stroke": MUTED, "stroke_dasharray": "2 2"}
            drawing.add("rect", "", tip, x=x, y=y, width=width, height=_ROW - 8, **style)
        drawing.text(axes.x(participant.patients) + 8, y + 13, str(participant.patients), fill=INK, font_size=12)
    return drawing.render()
