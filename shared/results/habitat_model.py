"""The habitats that a study found, as its result keeps them: whoever uses the model finds the same ones in a tumour."""

import numpy as np

from shared.clustering.clusters import Clusters
from shared.clustering.gaussian_mixture import Mixture
from shared.results.part import Part


class MixtureParts(Part):
    """Components of a Gaussian mixture over scaled maps, in the order of the habitats."""

    weights: tuple[float, ...]
    covariances: tuple[tuple[tuple[float, ...], ...], ...]


class FoundHabitats(Part):
    """Habitats of one omission."""

    left_out: str | None
    """The site without which they were found; None for all sites together."""
    mean: tuple[float, ...]
    """Of each map over all tumours, in its unit; each patient weighs 1."""
    scale: tuple[float, ...]
    """Standard deviation of each map over all tumours."""
    centroids: tuple[tuple[float, ...], ...]
    """(habitats, maps) scaled means."""
    shares: tuple[float, ...]
    """Share of all tumours that each habitat had in the last exchange."""
    mixture: MixtureParts | None = None

    @property
    def means(self) -> tuple[tuple[float, ...], ...]:
        """(habitats, maps) means in the maps' units."""
        return tuple(map(tuple, self.clusters().means.tolist()))

    def clusters(self) -> Clusters:
        """What labels the voxels of a tumour."""
        centroids = np.array(self.centroids)
        mixture = None
        if self.mixture is not None:
            mixture = Mixture(np.array(self.mixture.weights), centroids, np.array(self.mixture.covariances))
        return Clusters(np.array(self.mean), np.array(self.scale), centroids, mixture)


class HabitatModel(Part):
    """All habitats of a study."""

    maps: tuple[str, ...]
    rounds: int
    """Exchanges of the search after its start."""
    settled: bool
    """Whether nothing moved any more in the last one."""
    found: tuple[FoundHabitats, ...]
    """Of all sites together, then without each left-out site."""


def found_habitats(left_out: str | None, clusters: Clusters, shares: tuple[float, ...]) -> FoundHabitats:
    """Clusters as a part of a result.

    Parameters
    ----------
    left_out : the site that had no part in them
    clusters : what was found
    shares : of the tumours, in the order of the clusters
    """
    mixture = clusters.mixture and MixtureParts(
        weights=tuple(clusters.mixture.weights.tolist()),
        covariances=tuple(tuple(map(tuple, covariance)) for covariance in clusters.mixture.covariances.tolist()),
    )
    return FoundHabitats(
        left_out=left_out,
        mean=tuple(clusters.mean.tolist()),
        scale=tuple(clusters.scale.tolist()),
        centroids=tuple(map(tuple, clusters.centroids.tolist())),
        shares=shares,
        mixture=mixture,
    )
