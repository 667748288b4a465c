"""From exports to the feature table: patients in parallel, each kept as soon as it is done.

What is computed is kept by content: a patient whose files and settings are as they were is not computed again,
and a run that was killed goes on where it was.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from client.imaging.preprocess.nyul import PERCENTILES, on_scale
from client.preparation import feature_file, paths, voxel_file
from client.preparation.parallel import Backend
from client.preparation.paths import LANDMARK_PREFIX, feature_path, habitat_tables, landmark_table
from client.preparation.record import Failure, Record
from client.preparation.records import Done, OnProgress, Work, bring_up_to_date
from client.preparation.settings_hash import settings_hash
from client.site.site_file import Site
from shared.clustering.clusters import Clusters
from shared.clustering.standard_histogram import Standards
from shared.study.study import Study


@dataclass(frozen=True)
class Outcome:
    """What a run of `prepare` came to.

    Parameters
    ----------
    table : the feature table
    patients : how many have features
    reused : how many records were there already
    failures : patients without features, as the clinical table calls them
    faults : files of no use that should have been
    """

    table: Path
    patients: int
    reused: int
    failures: dict[str, Failure]
    faults: int


def prepare(
    site: Site,
    study: Study,
    workers: int = 1,
    backend: Backend = "loky",
    on_file: OnProgress | None = None,
    on_patient: OnProgress | None = None,
    standards: Standards | None = None,
) -> Outcome:
    """Make the feature table of a study from the site's exports.

    Parameters
    ----------
    site, study : what is there, and what is asked
    workers : processes
    backend : processes of this machine, or of the Ray cluster that `RAY_ADDRESS` names, which must see the same
        folders
    standards : standard histograms, where the study asks for them. Before they are learned, the table is that of the
        landmarks from which the sites learn them

    Raises
    ------
    MrfedError where there are no images, or no patient could be prepared. A single patient's failure is no error: it
    is named in the log, counted and returned.
    """
    if study.standardized and not standards:
        return _prepare_landmarks(site, study, workers, backend, on_file, on_patient)
    prepared = bring_up_to_date(Work(site, study, standards), workers, backend, on_file, on_patient)
    return Outcome(
        _write(site, study, standards, prepared),
        len(prepared.usable),
        prepared.reused,
        prepared.failures,
        prepared.faults,
    )


def prepare_habitats(
    site: Site,
    study: Study,
    clusterings: tuple[Clusters, ...],
    workers: int = 1,
    on_patient: OnProgress | None = None,
    standards: Standards | None = None,
) -> tuple[Path, ...]:
    """Make the feature tables of a study with habitats, once these were found: one table for each clustering.

    What does not depend on the habitats is there from `prepare`, or made now; what is there already stays.

    Parameters
    ----------
    site, study : what is there, and what is asked
    clusterings : of each omission of the study
    workers, on_patient, standards : as for `prepare`

    Raises
    ------
    MrfedError as `prepare` does.
    """
    without = bring_up_to_date(Work(site, study, standards), workers)
    _write(site, study, standards, without)
    with_habitats = bring_up_to_date(Work(site, study, standards, clusterings), workers, on_patient=on_patient)
    habitats = {record.patient: record.habitats for record in with_habitats.usable}
    tables = habitat_tables(site, study, clusterings, standards)
    for number, table in enumerate(tables):
        rows = [
            replace(record, features=record.features | habitats[record.patient][number])
            if record.patient in habitats
            else record
            for record in without.usable
        ]
        feature_file.write(table, rows, settings_hash(study, standards))
    return tables


def _write(site: Site, study: Study, standards: Standards | None, prepared: Done) -> Path:
    """Write the table of features without habitats, and the voxels of which these are made."""
    table = feature_path(site, study, standards)
    if study.habitats is not None:
        voxel_file.write_all(paths.voxel_file(site, study, standards), prepared.voxels)
    feature_file.write(table, prepared.usable, settings_hash(study, standards))
    return table


def _prepare_landmarks(
    site: Site,
    study: Study,
    workers: int,
    backend: Backend,
    on_file: OnProgress | None,
    on_patient: OnProgress | None,
) -> Outcome:
    """Make the table of landmarks, from which the sites learn the standard histograms together."""
    prepared = bring_up_to_date(Work(site, study, {}), workers, backend, on_file, on_patient)
    rows = [replace(record, features=_landmark_columns(record)) for record in prepared.usable]
    table = landmark_table(site, study)
    feature_file.write(table, rows, settings_hash(study))
    return Outcome(table, len(rows), prepared.reused, prepared.failures, prepared.faults)


def _landmark_columns(record: Record) -> dict[str, float]:
    """Landmarks on a scale of 0 to 100, as columns of a table."""
    return {
        f"{LANDMARK_PREFIX}{image}.{percentile}": float(value)
        for image, own in record.landmarks.items()
        for percentile, value in zip(PERCENTILES, on_scale(np.array(own)), strict=True)
    }
