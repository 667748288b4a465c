"""The matrix of training sites and test sites."""

from collections.abc import Mapping, Sequence

from server.report.svg import ACCENT, INK, MUTED, Drawing
from server.report.words import decimal
from shared.results.evaluation import Transfer
from shared.results.measure import Measure

_CELL_HEIGHT, _LEFT, _TOP = 34, 170, 40
_LEAST = 0.5
"""Chance, from which a cell takes colour."""


def transfers(cells: Sequence[Transfer], sites: Sequence[str], left_out: Mapping[str, Measure], measure: str) -> str:
    """Draw how every site's model ranks the patients of every site.

    Parameters
    ----------
    cells : pairs of which something is shown
    sites : participants, in order
    others : the same of the model of all other sites at each of them; none where no site is left out
    measure : what it is called
    """
    width = min(110.0, (736 - _LEFT) / max(len(sites), 1))
    rows = len(sites) + bool(left_out)
    drawing = Drawing(736, _TOP + _CELL_HEIGHT * rows + 16, f"{measure} of each site's own model at each site")
    drawing.text(_LEFT - 14, 16, "trained at", text_anchor="end")
    drawing.text(_LEFT, 14, "tested at", fill=MUTED)
    known = {(transfer.train, transfer.test): transfer for transfer in cells}
    for column, test in enumerate(sites):
        drawing.text(_LEFT + width * (column + 0.5), 32, test, text_anchor="middle", fill=INK, font_size=12)
    for row, train in enumerate(sites):
        y = _TOP + _CELL_HEIGHT * row
        drawing.text(_LEFT - 14, y + 21, train, text_anchor="end", fill=INK, font_size=12)
        for column, test in enumerate(sites):
            transfer = known.get((train, test))
            note = ""
            if transfer and transfer.interval:
                note = f", 95 %: {decimal(transfer.interval.low)} to {decimal(transfer.interval.high)}"
            _cell(drawing, _LEFT + width * column, y, width, transfer.auc if transfer else None, train == test,
                  f"trained at {train}, tested at {test}{note}")  # fmt: skip
    if left_out:
        y = _TOP + _CELL_HEIGHT * len(sites) + 8
        drawing.text(_LEFT - 14, y + 21, "all the others", text_anchor="end", fill=INK, font_size=12, font_weight="600")
        for column, test in enumerate(sites):
            tip = f"trained at all sites but {test}, tested there"
            _cell(drawing, _LEFT + width * column, y, width, left_out.get(test), False, tip)
    return drawing.render()


def _cell(drawing: Drawing, x: float, y: float, width: float, auc: float | None, home: bool, tip: str) -> None:
    share = 0.0 if auc is None else max(0.0, min(1.0, (auc - _LEAST) / 0.5))
    frame = {"stroke": INK, "stroke_width": 1.4} if home else {"stroke": "#fff", "stroke_width": 1}
    drawing.add("rect", x=x + 1, y=y + 1, width=width - 2, height=_CELL_HEIGHT - 2, fill="#fff")
    drawing.add("rect", "", tip, x=x + 1, y=y + 1, width=width - 2, height=_CELL_HEIGHT - 2, fill=ACCENT,
                fill_opacity=0.06 + 0.7 * share, rx=2, **frame)  # fmt: skip
    colour = "#fff" if share > 0.6 else INK
    drawing.text(x + width / 2, y + 21, decimal(auc), text_anchor="middle", fill=colour, font_size=13)
