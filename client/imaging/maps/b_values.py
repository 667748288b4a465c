"""Which diffusion images a model takes, and what it needs of their b-values."""

from collections.abc import Callable

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Diffusion
from client.imaging.maps.quantitative_map import Need
from shared.sections.maps import BValueRange


def taken(diffusion: Diffusion, chosen: BValueRange) -> list[int]:
    """Indices of the images whose b-value lies in the study's range."""
    return [i for i, b in enumerate(diffusion.b_values) if chosen.minimum_b <= b <= chosen.maximum_b]


def signal_and_b(diffusion: Diffusion, chosen: BValueRange) -> tuple[Array, Array]:
    """Signal (..., n_b) and b-values (n_b) of the images in the study's range; a view where it takes all."""
    indices = taken(diffusion, chosen)
    b = np.asarray(diffusion.b_values, dtype=np.float64)
    if len(indices) == len(b):
        return diffusion.signal, b
    return diffusion.signal[..., indices], b[indices]


def averaged(acquired: Acquisition) -> Diffusion:
    """The diffusion-weighted series that most models read."""
    return acquired.get(Diffusion)


def need_b_values(
    at_least: int,
    *,
    under: tuple[int, float] = (0, 0),
    over: tuple[int, float] = (0, 0),
    zero: bool = False,
    of: Callable[[Acquisition], Diffusion] = averaged,
) -> Need:
    """Need of so many different b-values, so many of them under one bound, so many at or over another.

    Parameters
    ----------
    at_least : number of different b-values
    under : (number, bound): so many strictly under the bound, s/mm²
    over : (number, bound): so many at the bound or over it, s/mm²
    zero : whether b = 0 must be among them
    of : which series is meant
    """

    def need(acquired: Acquisition, chosen: BValueRange) -> str | None:
        series = of(acquired)
        b = sorted({series.b_values[index] for index in taken(series, chosen)})
        enough = (
            len(b) >= at_least
            and sum(value < under[1] for value in b) >= under[0]
            and sum(value >= over[1] for value in b) >= over[0]
            and (0 in b or not zero)
        )
        if enough:
            return None
        text = f"at least {at_least} different b-values"
        text += ", b = 0 among them" if zero else ""
        text += f", {under[0]} of them under {under[1]:g}" if under[0] else ""
        text += f", {over[0]} of them {over[1]:g} or more" if over[0] else ""
        return f"{text} s/mm² (there are: {', '.join(f'{value:g}' for value in b) or 'none'})"

    return need
