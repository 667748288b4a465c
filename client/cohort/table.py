"""The site's patients as arrays: features, scanners, covariates and classes of everyone in the study."""

import logging
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from client.cohort.batches import batching
from client.cohort.endpoint import outcomes
from client.cohort.exclusion import UNTOLD, Reason
from client.cohort.missing_values import too_incomplete
from client.cohort.scanner_epoch import epochs
from client.cohort.treatment import treated_patients
from client.preparation.paths import LANDMARK_PREFIX, SETTINGS_KEY
from client.review.decisions import Reviewed
from client.site.site_file import Columns, Site
from client.site.tables import column, empty, numbers, read
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.files import document
from shared.sections.harmonization import Covariate
from shared.sections.question import HER2_STATUS, Condition
from shared.sections.spelling import spelling
from shared.study.study import Study

log = logging.getLogger(__name__)

_NOT_REVIEWED = Reviewed()


@dataclass(frozen=True)
class Table:
    """Everyone at one site who enters the study, sorted by patient.

    Parameters
    ----------
    patients : (n,) identifiers; they stay here
    features : names, in order
    x : (n, features); NaN where a patient lacks a feature and the study says how it goes on
    scanner : (n,) make and model
    machine : (n,) what a batch is made of: the scanner, or where the study splits it at upgrades, that between two
    batch : (n,) what is harmonized as one
    covariates : columns asked for by the study, (n,) each
    y : (n,) class index, or the value of a continuous endpoint, in half its plausible range about the middle
    left_out : who does not enter, and the first reason against each; it stays here
    merged : scanners with too few patients to be harmonized alone, which are batches together with others
    settings : hash of the settings under which the features were computed
    variants : (n, features) of each omission, where features depend on who is left out (`client.cohort.table_variants`)
    """

    patients: Array
    features: tuple[str, ...]
    x: Array
    scanner: Array
    machine: Array
    batch: Array
    covariates: dict[str, Array]
    y: Array
    left_out: dict[str, Reason]
    settings: str
    merged: tuple[str, ...] = ()
    variants: tuple[Array, ...] = ()

    @property
    def exclusions(self) -> Counter[Reason]:
        """How many were left out, per reason."""
        return Counter(self.left_out.values())

    def x_of(self, omission: int) -> Array:
        """(n, features) as they are where this omission leaves somebody out (`shared.study.omissions`)."""
        return self.variants[omission] if self.variants else self.x


def load(
    site: Site,
    study: Study,
    features: Path,
    withdrawn: Collection[str] = (),
    reviewed: Reviewed = _NOT_REVIEWED,
    *,
    labelled: bool = True,
) -> Table:
    """Join features and clinical table, derive labels, leave out whom the study cannot use.

    Parameters
    ----------
    site : the site file
    study : the approved study
    features : feature table, a row a patient
    withdrawn : patients who had withdrawn when the study was approved
    reviewed : what had been said at review by then: its rejected patients are left out, its variables are columns of
        the clinical table
    labelled : whether a patient needs a label; where not, its outcome is NaN without one

    Raises
    ------
    MrfedError where a table or a column is missing, or nobody is left.
    """
    table = _by_patient(read(features, site.columns.patient), features, site.columns)
    path = site.data.clinical or features
    clinical = table if path == features else _by_patient(read(path, site.columns.patient), path, site.columns)
    clinical = reviewed.join(clinical)
    names = _feature_names(table, site, study)
    outcome = _outcomes(clinical, path, site, study, labelled)
    if site.columns.treatment_start is not None:
        column(clinical, site.columns.treatment_start, path)
    treated = treated_patients(clinical, table, site.columns)
    asked = study.covariates if labelled else study.harmonization.covariates
    _require_no_label(asked, site, study)
    known = {
        Reason.WITHDRAWN: withdrawn,
        Reason.REJECTED: reviewed.rejected,
        Reason.DUPLICATE: {*clinical.index[clinical.index.duplicated()], *table.index[table.index.duplicated()]},
        Reason.TREATED: treated,
    }
    tables = _Tables(clinical, table, path, features)
    rows, reasons = _rows(tables, names, outcome, study, known, asked, labelled=labelled)
    patients = np.array(sorted(rows))
    scanner = _scanner(clinical.loc[patients], table.loc[patients], site.columns, path)
    software, examined = (_told(table.loc[patients], name) for name in ("software", "examined"))
    epoch = epochs(scanner, software, examined, site.scanner_changes)
    batches = batching(study.harmonization, site, scanner, epoch)
    reasons |= dict.fromkeys(patients[~batches.kept].tolist(), Reason.SMALL_BATCH)
    patients = patients[batches.kept]
    if not len(patients):
        counted = ", ".join(f"{reason} {count}" for reason, count in sorted(Counter(reasons.values()).items()))
        raise MrfedError(Code.TOO_FEW_PATIENTS, f"site {site.name}: no patient is left for {study.name} ({counted})")
    frame = clinical.loc[patients]
    return Table(
        patients=patients,
        features=tuple(names),
        x=numbers(table.loc[patients, names], features),
        scanner=scanner[batches.kept],
        machine=(epoch if study.harmonization.batch == "software" else scanner)[batches.kept],
        batch=batches.batch[batches.kept],
        covariates={one.column: _covariate(frame, one, path) for one in asked},
        y=np.array([rows[patient] for patient in patients]),
        left_out=reasons,
        settings=_settings(features, names),
        merged=batches.merged,
    )


def tell(site: Site, left_out: Mapping[str, Reason], merged: Sequence[str] = ()) -> None:
    """Say in the site's own log who does not enter a study, and which scanners are one batch."""
    for patient, reason in sorted(left_out.items()):
        log.warning("site %s: patient %s is left out: %s", site.name, patient, reason)
    if merged:
        few = "site %s: scanners with too few patients to be harmonized alone are one batch with others: %s"
        log.warning(few, site.name, ", ".join(merged))


def _require_no_label(asked: Iterable[Covariate], site: Site, study: Study) -> None:
    """Refuse covariates of which the endpoint is made here: only this site knows what its columns are called."""
    columns = site.columns
    label = {columns.ihc, columns.ish, columns.ish_ratio, columns.ish_copies}
    if study.question.endpoint.column == HER2_STATUS and (
        found := [one.column for one in asked if one.column in label]
    ):
        raise MrfedError(
            Code.REFUSED,
            f"site {site.name}: {study.name} asks for {found[0]} as a covariate or clinical variable, of which the "
            "endpoint is made here: the label would leak; ask the coordinator to leave it out",
        )


@dataclass(frozen=True)
class _Tables:
    """A site's tables, a row a patient, and the files that they come from."""

    clinical: pd.DataFrame
    features: pd.DataFrame
    clinical_path: Path
    features_path: Path


def _rows(
    tables: _Tables,
    names: list[str],
    outcome: list[float | Reason],
    study: Study,
    known: Mapping[Reason, Collection[str]],
    covariates: Iterable[Covariate],
    *,
    labelled: bool,
) -> tuple[dict[str, float], dict[str, Reason]]:
    """Outcome of each patient who enters, and the first reason against each who does not.

    Parameters
    ----------
    tables : of the site
    names : of the features
    outcome : of each row of the clinical table
    study : the approved study
    known : patients who are known to be left out, by the reason, of several the one that counts first
    covariates : that a patient must have
    labelled : whether a patient needs a label
    """
    clinical, table, path = tables.clinical, tables.features, tables.clinical_path
    reasons: dict[str, Reason] = {}

    def object_to(patients: "pd.Index[str]", reason: Reason) -> None:
        for patient in patients:
            reasons.setdefault(patient, reason)

    for reason, patients in known.items():
        for frame in (clinical, table):
            object_to(frame.index[frame.index.isin(list(patients))], reason)
    object_to(clinical.index.difference(table.index), Reason.NO_FEATURES)
    object_to(table.index.difference(clinical.index), Reason.NO_CLINICAL_ROW)
    for condition in study.question.subgroup:
        meets = _meets(column(clinical, condition.column, path), condition)
        object_to(clinical.index[~meets], Reason.SUBGROUP)
    for patient, value in zip(clinical.index, outcome, strict=True):
        if isinstance(value, Reason):
            reasons.setdefault(patient, value)
    for covariate in covariates:
        object_to(clinical.index[empty(column(clinical, covariate.column, path))], Reason.COVARIATE_MISSING)
    there = table.loc[[patient for patient in table.index if patient not in reasons], names]
    # Where no labels are asked for nothing leaves, and nobody can be told by what she lacks.
    least = study.privacy.minimum_patients if labelled else 1
    lacking = too_incomplete(numbers(there, tables.features_path), study.harmonization.missing, least)
    object_to(there.index[lacking], Reason.FEATURE_MISSING)
    rows = {
        patient: value
        for patient, value in zip(clinical.index, outcome, strict=True)
        if patient not in reasons and not isinstance(value, Reason)
    }
    return rows, reasons


def _outcomes(clinical: pd.DataFrame, path: Path, site: Site, study: Study, labelled: bool) -> list[float | Reason]:
    """Outcome of every patient; where no label is needed, NaN stands for one that is missing or cannot be told."""
    try:
        found = outcomes(clinical, site.columns, study.question.endpoint, path)
    except MrfedError:
        if labelled:
            raise
        return [math.nan] * len(clinical)
    return found if labelled else [math.nan if value in UNTOLD else value for value in found]


def _by_patient(frame: pd.DataFrame, path: Path, columns: Columns) -> pd.DataFrame:
    return frame.set_index(column(frame, columns.patient, path).astype(str).rename(None))


def _feature_names(table: pd.DataFrame, site: Site, study: Study) -> list[str]:
    # landmarks are the same whatever is trained on what they bring about
    if study.network is not None and site.feature_columns != LANDMARK_PREFIX:
        joined = list(study.network.architecture.features)  # it sees images, and of the table these
        if absent := [name for name in joined if name not in table.select_dtypes("number").columns]:
            raise MrfedError(
                Code.DATA_MISSING,
                f"site {site.name}: the feature table has no number called {absent[0]}, which network.architecture."
                "features names; correct the study, or prepare the features anew",
            )
        return joined
    if site.feature_columns is not None:
        names = [name for name in table.columns if name.startswith(site.feature_columns)]
    else:
        used = {value for value in site.columns.model_dump().values() if value is not None}
        used |= {"scanner", "software", "examined"}
        used |= {one.column for one in study.harmonization.covariates} | {study.question.endpoint.column}
        used |= {one.column for one in study.question.subgroup}
        names = [name for name in table.select_dtypes("number").columns if name not in used]
    if not names:
        where = site.data.features or "the prepared features"
        raise MrfedError(Code.DATA_MISSING, f"{where}: no feature column; correct feature_columns in site.yaml")
    return names


def _covariate(frame: pd.DataFrame, covariate: Covariate, path: Path) -> Array:
    """(n,) categories as all hospitals write them, or numbers."""
    if covariate.kind == "categorical":
        return np.array([spelling(value) for value in frame[covariate.column]], dtype=str)
    return numbers(frame[[covariate.column]], path)[:, 0]


def _scanner(frame: pd.DataFrame, table: pd.DataFrame, columns: Columns, path: Path) -> Array:
    if columns.scanner is not None:
        return column(frame, columns.scanner, path).astype(str).to_numpy()
    if "scanner" in table:
        return table["scanner"].astype(str).to_numpy()
    return np.full(len(frame), "scanner")


def _told(table: pd.DataFrame, name: str) -> Array:
    """A column of words of the feature table; empty where there is none."""
    if name not in table:
        return np.full(len(table), "")
    return table[name].fillna("").astype(str).to_numpy()


def _meets(values: pd.Series, condition: Condition) -> Array:
    if condition.any_of is not None:
        wanted = set(map(spelling, condition.any_of))
        return np.array([spelling(value) in wanted for value in values])
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    low = -np.inf if condition.at_least is None else condition.at_least
    high = np.inf if condition.at_most is None else condition.at_most
    return (low <= numbers) & (numbers <= high)


def _settings(features: Path, names: list[str]) -> str:
    """Hash of the extraction settings that a prepared table carries, or of the names of a ready one."""
    metadata = pq.read_schema(features).metadata or {} if features.suffix == ".parquet" else {}
    stated = metadata.get(SETTINGS_KEY)
    return stated.decode() if stated is not None else document.digest(names)
