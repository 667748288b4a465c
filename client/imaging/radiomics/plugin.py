"""The contract of a feature plug-in: what it is asked, what it answers, and how it is found.

A plug-in is a `FeaturePlugin` that a package offers under the entry point `mrfed.features`. It gets voxels after
the study's normalization and resampling, cropped to the region and what the plug-in reaches around it; its
settings and the version of its package enter the settings hash; where it fails, its features are missing and named.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, distributions
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.errors import Code, MrfedError
from shared.files import document
from shared.sections.radiomics import Plugin

GROUP = "mrfed.features"


@dataclass(frozen=True)
class Cut:
    """A region and what lies around it.

    Parameters
    ----------
    voxels : (z, y, x) finite numbers
    inside : (z, y, x) the region, not empty and not constant
    spacing_mm : along each axis of the arrays
    """

    voxels: NDArray[np.float64]
    inside: NDArray[np.bool_]
    spacing_mm: tuple[float, ...]


@dataclass(frozen=True)
class FeaturePlugin:
    """Named values of a region.

    Parameters
    ----------
    defaults : settings and what they are where the study says nothing
    names : settings -> names of the features, letters and digits only, always the same for the same settings
    reach_mm : settings, spacing of the axes -> how far around the region the features depend on the image
    features : cut, settings -> value of each name; NaN where it has none
    """

    defaults: Mapping[str, Any]
    names: Callable[[Mapping[str, Any]], tuple[str, ...]]
    reach_mm: Callable[[Mapping[str, Any], tuple[float, ...]], float]
    features: Callable[[Cut, Mapping[str, Any]], Mapping[str, float]]

    def settings(self, own: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The study's settings on top of the defaults.

        Raises
        ------
        MrfedError for a setting that the plug-in does not have.
        """
        unknown = set(own) - set(self.defaults)
        if unknown:
            raise MrfedError(
                Code.STUDY_INVALID,
                f"radiomics.plugins: {name} has no setting {', '.join(sorted(unknown))}; "
                f"it has {', '.join(self.defaults) or 'none'}",
            )
        return {**self.defaults, **own}


def canonical_plugins(plugins: Iterable[Plugin]) -> list[dict[str, Any]]:
    """Everything that decides the features of plug-ins, for the settings hash."""
    return [
        {
            "name": plugin.name,
            "version": version_of(plugin.name),
            "settings": document.with_floats(load(plugin.name).settings(plugin.settings, plugin.name)),
        }
        for plugin in plugins
    ]


def version_of(name: str) -> str:
    """Package and version that offer a plug-in, for the settings hash."""
    point = _entry_point(name)
    return "" if point.dist is None else f"{point.dist.name} {point.dist.version}"


@cache
def load(name: str) -> FeaturePlugin:
    """A plug-in by its name.

    Raises
    ------
    MrfedError where no installed package offers it, or what it offers is no plug-in.
    """
    plugin = _entry_point(name).load()
    if not isinstance(plugin, FeaturePlugin):
        raise MrfedError(Code.STUDY_INVALID, f"radiomics.plugins: {name} is no FeaturePlugin; correct its package")
    return plugin


def _entry_point(name: str) -> EntryPoint:
    points = _entry_points()
    if name not in points:
        raise MrfedError(
            Code.STUDY_INVALID,
            f"radiomics.plugins: no installed package offers {name} (there are {', '.join(sorted(points)) or 'none'}); "
            "install it, or correct the name",
        )
    return points[name]


@cache
def _entry_points() -> dict[str, EntryPoint]:
    """Every plug-in on the path. A source tree beside its installed package may describe an older state of it, so
    all descriptions are read, and not the first one of each package only.
    """
    offered = [point for distribution in distributions() for point in distribution.entry_points.select(group=GROUP)]
    return {point.name: point for point in reversed(offered)}
