"""Drawing as SVG text: no fonts, scripts, identifiers or randomness, so equal numbers give equal bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any, TypeAlias

Style: TypeAlias = dict[str, Any]
"""SVG attributes of a mark, with underscores for hyphens."""

INK, MUTED, RULE, SHADE, ACCENT = "#1b1e23", "#5c6370", "#d6dae0", "#eef1f4", "#0b5c8a"
SITES = ("#0072b2", "#d55e00", "#00805d", "#a6447c", "#8a6d00", "#2f9bd6", "#5b4bb7", "#6b7280")
"""After Okabe and Ito, darkened for lines on white; further sites repeat them with another dash."""
_DASHES = ("", "6 3", "2 2.5", "8 3 2 3")


def site_style(index: int) -> Style:
    """Stroke of a site by its place in the list of participants; the same in every figure."""
    dash = _DASHES[index // len(SITES) % len(_DASHES)]
    return {"stroke": SITES[index % len(SITES)]} | ({"stroke_dasharray": dash} if dash else {})


class Drawing:
    """A picture that is built up mark by mark.

    Parameters
    ----------
    width, height : pixels at scale 1; the page scales the picture
    words : what the picture shows, for a reader who cannot see it
    """

    def __init__(self, width: float, height: float, words: str) -> None:
        self.width, self.height = width, height
        self._words = words
        self._marks: list[str] = []

    def add(self, tag: str, content: str = "", tip: str = "", **attributes: Any) -> None:
        """Draw one element; `tip` shows when the pointer rests on it."""
        named = "".join(f' {key.replace("_", "-")}="{_attribute(v)}"' for key, v in attributes.items())
        inside = (f"<title>{escape(tip)}</title>" if tip else "") + escape(content)
        self._marks.append(f"<{tag}{named}>{inside}</{tag}>" if inside else f"<{tag}{named}/>")

    def line(self, x1: float, y1: float, x2: float, y2: float, **attributes: Any) -> None:
        """Draw a straight line."""
        style: Style = {"stroke": RULE}
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, **(style | attributes))

    def path(self, points: Iterable[tuple[float, float]], *, close: bool = False, **attributes: Any) -> None:
        """Draw a line through points."""
        d = "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points) + ("Z" if close else "")
        style: Style = {"fill": "none", "stroke": INK, "stroke_linejoin": "round"}
        self.add("path", d=d, **(style | attributes))

    def text(self, x: float, y: float, content: str, **attributes: Any) -> None:
        """Write a line of text; `y` is its baseline."""
        style: Style = {"fill": MUTED, "font_size": 11}
        self.add("text", content, x=x, y=y, **(style | attributes))

    def render(self) -> str:
        """The picture as an SVG element."""
        size = f'viewBox="0 0 {_number(self.width)} {_number(self.height)}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} width="{_number(self.width)}" '
            f'role="img" aria-label="{escape(self._words)}" '
            f'font-family="system-ui, sans-serif">{"".join(self._marks)}</svg>'
        )


@dataclass(frozen=True)
class Axes:
    """A rectangle of a drawing with a linear scale on either side.

    Parameters
    ----------
    drawing : where it is drawn
    left, top, width, height : of the rectangle, pixels
    x_domain, y_domain : values at its sides
    """

    drawing: Drawing
    left: float
    top: float
    width: float
    height: float
    x_domain: tuple[float, float]
    y_domain: tuple[float, float]

    def x(self, value: float) -> float:
        """Pixel of a value on the horizontal scale."""
        low, high = self.x_domain
        return self.left + self.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Pixel of a value on the vertical scale."""
        low, high = self.y_domain
        return self.top + self.height * (1 - (value - low) / (high - low))

    def points(self, xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
        """Pixels of points."""
        return [(self.x(x), self.y(y)) for x, y in zip(xs, ys, strict=True)]

    def x_axis(self, ticks: Sequence[float], label: str = "", *, grid: bool = True) -> None:
        """Draw ticks under the rectangle, and a label under them."""
        bottom = self.top + self.height
        for value, words in zip(ticks, tick_labels(ticks), strict=True):
            if grid:
                self.drawing.line(self.x(value), self.top, self.x(value), bottom)
            self.drawing.text(self.x(value), bottom + 15, words, text_anchor="middle")
        self.drawing.line(self.left, bottom, self.left + self.width, bottom, stroke=MUTED)
        self.drawing.text(self.left + self.width / 2, bottom + 33, label, text_anchor="middle", fill=INK)

    def y_axis(self, ticks: Sequence[float], label: str = "") -> None:
        """Draw ticks left of the rectangle, and a label above them."""
        for value, words in zip(ticks, tick_labels(ticks), strict=True):
            self.drawing.line(self.left, self.y(value), self.left + self.width, self.y(value))
            self.drawing.text(self.left - 7, self.y(value) + 3.5, words, text_anchor="end")
        self.drawing.text(self.left - 28, self.top - 10, label, fill=INK)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values from `low` to `high`, in steps of 1, 2 or 5 times a power of ten.

    Parameters
    ----------
    low, high : limits; `low` less than `high`
    about : wanted number of values
    """
    power = 10 ** floor(log10(high - low))

    def between(step: float) -> range:
        return range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)

    step = min(
        (power / part for part in (10, 5, 2, 1, 0.5, 0.2)),
        key=lambda candidate: (abs(len(between(candidate)) - about), candidate),
    )
    return [round(k * step, 12) for k in between(step)]


def tick_labels(values: Sequence[float]) -> list[str]:
    """As many decimals as tell the values apart, a true minus sign."""
    step = min((b - a for a, b in pairwise(values)), default=1.0)
    decimals = max(0, ceil(-log10(step) - 1e-9))
    return [f"{value:.{decimals}f}".replace("-", "\u2212") for value in values]


def _number(value: float) -> str:
    rounded = round(value, 2) + 0.0  # adding zero takes the sign from minus zero
    return f"{rounded:.2f}".rstrip("0").rstrip(".")


def _attribute(value: object) -> str:
    return _number(value) if isinstance(value, float | int) else escape(str(value))
