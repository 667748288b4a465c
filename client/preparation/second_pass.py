"""Tables that depend on what the sites have learned together, made where they are not there yet."""

from pathlib import Path

from client.preparation.paths import feature_path, feature_table, habitat_tables, landmark_table
from client.site.site_file import Site
from shared.clustering.clusters import Clusters
from shared.clustering.standard_histogram import Standards
from shared.results.bundle import Model
from shared.study.study import Study


def landmarks(site: Site, study: Study) -> Path:
    """The table of landmarks, from which standard histograms are learned; raises as `prepare` does."""
    from client.preparation.prepare import prepare  # heavy, and most questions need none of it

    path = landmark_table(site, study)
    if not path.exists():
        prepare(site, study, site.workers)
    return path


def features(site: Site, study: Study, standards: tuple[Standards, ...]) -> tuple[Path, ...]:
    """Feature tables without habitats under the standard histograms of each omission; raises as `prepare` does."""
    from client.preparation.prepare import prepare

    paths = [feature_path(site, study, histograms) for histograms in standards]
    for path, histograms in zip(paths, standards, strict=True):
        if not path.exists():
            prepare(site, study, site.workers, standards=histograms)
    return tuple(paths)


def with_habitats(
    site: Site, study: Study, standards: tuple[Standards, ...], clusterings: tuple[Clusters, ...]
) -> tuple[Path, ...]:
    """Feature tables with the habitats of each omission, under its standard histograms where there are any."""
    if not standards:
        return _with_habitats(site, study, clusterings, None)
    return tuple(
        _with_habitats(site, study, (clusters,), own)[0] for clusters, own in zip(clusterings, standards, strict=True)
    )


def of_model(site: Site, trained: Model, workers: int) -> Path:
    """The feature table of a hospital's patients as a model takes them, brought up to date.

    Images come onto the study's standard histogram and habitats are those that all sites of the study found, so that a
    hospital that took no part has the same features as they; what it makes of its own images decides nothing.

    Parameters
    ----------
    site : the hospital
    trained : of the bundle
    workers : processes

    Raises
    ------
    MrfedError as `prepare` does.
    """
    from client.preparation.prepare import prepare, prepare_habitats

    study, standards = trained.study, trained.standards or None
    if study.imaging is None:
        return feature_table(site, study)
    if trained.habitats is None:
        return prepare(site, study, workers, standards=standards).table
    clusterings = (trained.habitats.found[0].clusters(),)
    return prepare_habitats(site, study, clusterings, workers, standards=standards)[0]


def _with_habitats(
    site: Site, study: Study, clusterings: tuple[Clusters, ...], standards: Standards | None
) -> tuple[Path, ...]:
    from client.preparation.prepare import prepare_habitats

    tables = habitat_tables(site, study, clusterings, standards)
    if all(table.exists() for table in tables):
        return tables  # patients who have come since have no part in the run
    return prepare_habitats(site, study, clusterings, site.workers, standards=standards)
