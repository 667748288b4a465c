"""Learning curves of a network, of all sites and of each."""

from collections.abc import Sequence

from server.report.svg import ACCENT, Axes, Drawing, site_style, ticks
from shared.results.network import Round

MOST_TICKS = 10


def learning(rounds: Sequence[Round]) -> str:
    """Draw the loss of the model that each round began with.

    Parameters
    ----------
    rounds : at least one
    """
    sites = len(rounds[0].site_loss)
    losses = {
        site: [loss for training_round in rounds if (loss := training_round.site_loss[site]) is not None]
        for site in range(sites)
    }
    # in the sites' order, which their colours follow; a site that trains nothing has no curve
    curves = {site: curve for site, curve in losses.items() if curve} | {
        sites: [training_round.loss for training_round in rounds]
    }
    top = 1.08 * max(max(curve) for curve in curves.values())
    last_round = max(1, len(rounds) - 1)
    drawing = Drawing(704, 308, "Log-loss of the network against rounds, of all sites and of each")
    axes = Axes(drawing, 48, 24, 640, 236, (0, last_round), (0, top))
    axes.y_axis(ticks(0, top, 6), "mean log-loss")
    axes.x_axis(range(0, last_round + 1, -(-last_round // MOST_TICKS)), "rounds of training before")
    for index, curve in curves.items():
        last = index == sites
        style = {"stroke": ACCENT, "stroke_width": 2.6} if last else {**site_style(index), "stroke_width": 1.2}
        drawing.path([(axes.x(turn), axes.y(value)) for turn, value in enumerate(curve)], **style)
    return drawing.render()
