from xml.etree import ElementTree

import pytest

from server.report.svg import SITES, Axes, Drawing, site_style, tick_labels, ticks


@pytest.mark.parametrize(
    ("low", "high", "about", "expected"),
    [
        (0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.31, 1, 6, [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        (-4.5, 4.5, 5, [-4, -2, 0, 2, 4]),
        (0, 85, 5, [0, 20, 40, 60, 80]),
        (0, 0.007, 5, [0, 0.002, 0.004, 0.006]),
    ],
)
def test_ticks_are_round_and_inside(low, high, about, expected):
    assert ticks(low, high, about) == pytest.approx(expected)


def test_labels_have_the_decimals_that_tell_them_apart():
    assert tick_labels([0, 0.002, 0.004]) == ["0.000", "0.002", "0.004"]
    assert tick_labels([-20, 0, 20]) == ["\u221220", "0", "20"]


def test_scales_map_the_sides_of_the_rectangle():
    axes = Axes(Drawing(100, 100, ""), 10, 20, 60, 40, (0, 2), (-1, 1))
    assert (axes.x(0), axes.x(2)) == (10, 70)
    assert (axes.y(1), axes.y(-1)) == (20, 60)


def test_words_cannot_become_markup():
    drawing = Drawing(10, 10, 'a "quote" & <b>')
    drawing.text(1, 2, "<script>", tip="x < y & z")
    parsed = ElementTree.fromstring(drawing.render())
    assert parsed.get("aria-label") == 'a "quote" & <b>'
    (text,) = parsed
    assert text.find("{http://www.w3.org/2000/svg}title").text == "x < y & z"
    assert text[0].tail == "<script>"


def test_coordinates_are_short_and_never_minus_zero():
    drawing = Drawing(10, 10, "")
    drawing.line(-0.0, 1 / 3, 2.0, -0.001)
    assert 'x1="0" y1="0.33" x2="2" y2="0"' in drawing.render()


def test_more_sites_than_colours_differ_by_their_dash():
    styles = [tuple(site_style(k).items()) for k in range(3 * len(SITES))]
    assert len(set(styles)) == len(styles)
