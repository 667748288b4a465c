"""The habitats in words and numbers."""

from dataclasses import dataclass

import numpy as np

from server.report.feature_dictionary import MAP_UNITS
from shared.results.habitat_model import HabitatModel


@dataclass(frozen=True)
class Row:
    """One habitat of all sites together.

    Parameters
    ----------
    number : of the habitat
    share : of all tumours
    means : of each map, in its unit
    """

    number: int
    share: float
    means: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """What the report says of habitats.

    Parameters
    ----------
    maps : names, with units
    rows : the habitats
    moved : largest distance that a habitat's centre moves where a site is left out, in standard deviations of the maps
        over all sites; None where none is left out
    left_out : the site without which it moves most
    """

    maps: tuple[str, ...]
    rows: tuple[Row, ...]
    moved: float | None
    left_out: str


def shown(model: HabitatModel) -> Shown:
    """The habitats of all sites, and how much they depend on any one of them."""
    everyone, *without_a_site = model.found
    rows = tuple(
        Row(number, share, tuple(f"{value:.3g}" for value in means))
        for number, (share, means) in enumerate(zip(everyone.shares, everyone.means, strict=True), start=1)
    )
    scale, own = np.array(everyone.scale), np.array(everyone.means)
    distances = [
        float(np.linalg.norm((np.array(clustering.means) - own) / scale, axis=1).max()) for clustering in without_a_site
    ]
    farthest = int(np.argmax(distances)) if distances else 0
    return Shown(
        maps=tuple(f"{name.replace('_', ' ')} ({MAP_UNITS.get(name, 'a.u.')})" for name in model.maps),
        rows=rows,
        moved=distances[farthest] if distances else None,
        left_out=str(without_a_site[farthest].left_out) if without_a_site else "",
    )
