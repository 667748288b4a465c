"""Tables that depend on what the sites have learned together, made where they are not there yet."""

from pathlib import Path

from client.prepared import feature_path, landmark_table
from client.site import Site
from shared.clusters import Clusters
from shared.standards import Standards
from shared.study import Study


def landmarks(site: Site, study: Study) -> Path:
    """The table of landmarks, from which standard histograms are learned; raises as `prepare` does."""
    from client.prepare import prepare  # heavy, and most questions need none of it

    path = landmark_table(site, study)
    if not path.exists():
        prepare(site, study, site.workers)
    return path


def features(site: Site, study: Study, standards: tuple[Standards, ...]) -> tuple[Path, ...]:
    """Feature tables without habitats under the standard histograms of each omission; raises as `prepare` does."""
    from client.prepare import prepare

    paths = [feature_path(site, study, one) for one in standards]
    for path, one in zip(paths, standards, strict=True):
        if not path.exists():
            prepare(site, study, site.workers, standards=one)
    return tuple(paths)


def with_habitats(
    site: Site, study: Study, standards: tuple[Standards, ...], clusterings: tuple[Clusters, ...]
) -> tuple[Path, ...]:
    """Feature tables with the habitats of each omission, under its standard histograms where there are any."""
    from client.prepare import prepare_habitats

    if not standards:
        return prepare_habitats(site, study, clusterings, site.workers)
    return tuple(
        prepare_habitats(site, study, (found,), site.workers, standards=own)[0]
        for found, own in zip(clusterings, standards, strict=True)
    )
