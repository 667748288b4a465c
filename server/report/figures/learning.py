"""Learning curves of a network, of all sites and of each."""

from collections.abc import Sequence

from server.report.svg import ACCENT, Axes, Drawing, site_style, ticks
from shared.result import Round


def learning(rounds: Sequence[Round]) -> str:
    """Draw the loss of the model that each round began with.

    Parameters
    ----------
    rounds : at least one
    """
    sites = len(rounds[0].site_loss)
    curves = [[one.site_loss[site] for one in rounds] for site in range(sites)]
    curves.append([one.loss for one in rounds])
    top = 1.08 * max(max(curve) for curve in curves)
    drawing = Drawing(704, 300, "Log-loss of the network against rounds, of all sites and of each")
    axes = Axes(drawing, 48, 16, 640, 236, (0, max(1, len(rounds) - 1)), (0, top))
    axes.y_axis(ticks(0, top, 6), "mean log-loss")
    axes.x_axis(ticks(0, max(1, len(rounds) - 1), 10), "rounds before")
    for index, curve in enumerate(curves):
        last = index == sites
        style = {"stroke": ACCENT, "stroke_width": 2.6} if last else {**site_style(index), "stroke_width": 1.2}
        drawing.path([(axes.x(turn), axes.y(value)) for turn, value in enumerate(curve)], **style)
    return drawing.render()
