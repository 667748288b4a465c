"""The site's patients as arrays: features, scanners, covariates and classes of everyone in the study."""

import logging
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from client.cohort.batches import batching
from client.cohort.endpoint import outcomes, unmatched
from client.cohort.exclusion import UNTOLD, Reason
from client.cohort.feature_columns import feature_names
from client.cohort.missing_values import too_incomplete
from client.cohort.scanner_epoch import epochs
from client.cohort.treatment import treated_patients
from client.preparation.paths import SETTINGS_KEY
from client.review.decisions import Reviewed
from client.site.site_file import Columns, Site
from client.site.tables import column, empty, numbers, of_site
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.files import document
from shared.sections.harmonization import Covariate
from shared.sections.question import HER2_STATUS, Condition
from shared.sections.spelling import spelling, truth
from shared.study.study import Study
from shared.study.study_sections import SiteFeatures

log = logging.getLogger(__name__)

_NOT_REVIEWED = Reviewed()
_CODES = {"True": "1", "False": "0"}
"""Categories that one hospital writes as a word, the next as a number."""


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

    def only(self, features: Sequence[str]) -> "Table":
        """The same patients with some of the features.

        Parameters
        ----------
        features : their names, in any order

        Raises
        ------
        MrfedError where this table lacks one.
        """
        place = {name: index for index, name in enumerate(self.features)}
        if lacking := [name for name in features if name not in place]:
            raise MrfedError(
                Code.SETTINGS_DIFFER,
                f"the feature table lacks {lacking[0]} (and {len(lacking) - 1} more) on which the sites agreed; "
                "prepare the features anew, or add the column",
            )
        columns = [place[name] for name in features]
        variants = tuple(x[:, columns] for x in self.variants)
        return replace(self, features=tuple(features), x=self.x[:, columns], variants=variants)


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
    table = _by_patient(of_site(features, site), features, site.columns)
    path = site.data.clinical or features
    clinical = table if path == features else _by_patient(of_site(path, site), path, site.columns)
    clinical = reviewed.join(clinical)
    names = feature_names(table, site, study)
    outcome = _outcomes(clinical, path, site, study, labelled)
    if site.columns.treatment_start is not None:
        column(clinical, site.columns.treatment_start, path)
    treated = treated_patients(clinical, table, site.columns)
    covariates = study.covariates if labelled else study.harmonization.covariates
    _require_no_label(covariates, site, study)
    known = {
        Reason.WITHDRAWN: withdrawn,
        Reason.REJECTED: reviewed.rejected,
        Reason.DUPLICATE: {*clinical.index[clinical.index.duplicated()], *table.index[table.index.duplicated()]},
        Reason.TREATED: treated,
    }
    tables = _Tables(clinical, table, path, features)
    rows, reasons = _rows(tables, names, outcome, study, known, covariates, labelled=labelled)
    patients = np.array(sorted(rows))
    scanner = _scanner(clinical.loc[patients], table.loc[patients], site.columns, path)
    software, examined = (_recorded(table.loc[patients], name) for name in ("software", "examined"))
    epoch = epochs(scanner, software, examined, site.scanner_changes)
    batches = batching(study.harmonization, site, scanner, epoch)
    reasons |= dict.fromkeys(patients[~batches.kept].tolist(), Reason.SMALL_BATCH)
    patients = patients[batches.kept]
    if not len(patients):
        counted = ", ".join(f"{reason} {count}" for reason, count in sorted(Counter(reasons.values()).items()))
        odd = unmatched(clinical, study.question.endpoint)
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"site {site.name}: no patient is left for {study.name} ({counted}){'; ' + odd if odd else ''}",
        )
    frame = clinical.loc[patients]
    return Table(
        patients=patients,
        features=tuple(names),
        x=numbers(table.loc[patients, names], features),
        scanner=scanner[batches.kept],
        machine=(epoch if study.harmonization.batch == "software" else scanner)[batches.kept],
        batch=batches.batch[batches.kept],
        covariates={covariate.column: _covariate(frame, covariate, path) for covariate in covariates},
        y=np.array([rows[patient] for patient in patients]),
        left_out=reasons,
        settings=_settings(features, names if study.features is SiteFeatures.SAME else []),
        merged=batches.merged,
    )


def tell(site: Site, left_out: Mapping[str, Reason], merged: Sequence[str] = ()) -> None:
    """Say in the site's own log who does not enter a study, and which scanners are one batch."""
    for patient, reason in sorted(left_out.items()):
        log.warning("site %s: patient %s is left out: %s", site.name, patient, reason)
    if merged:
        few = "site %s: scanners with too few patients to be harmonized alone are one batch with others: %s"
        log.warning(few, site.name, ", ".join(merged))


def _require_no_label(covariates: Iterable[Covariate], site: Site, study: Study) -> None:
    """Refuse covariates of which the endpoint is made here: only this site knows what its columns are called."""
    columns = site.columns
    label = {columns.ihc, columns.ish, columns.ish_group, columns.ish_ratio, columns.ish_copies}
    if study.question.endpoint.column == HER2_STATUS and (
        of_label := [covariate.column for covariate in covariates if covariate.column in label]
    ):
        raise MrfedError(
            Code.REFUSED,
            f"site {site.name}: {study.name} asks for {of_label[0]} as a covariate or clinical variable, of which the "
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
        values = outcomes(clinical, site.columns, study.question.endpoint, path)
    except MrfedError:
        if labelled:
            raise
        return [math.nan] * len(clinical)
    return values if labelled else [math.nan if value in UNTOLD else value for value in values]


def _by_patient(frame: pd.DataFrame, path: Path, columns: Columns) -> pd.DataFrame:
    return frame.set_index(column(frame, columns.patient, path).astype(str).rename(None))


def _covariate(frame: pd.DataFrame, covariate: Covariate, path: Path) -> Array:
    """(n,) categories as all hospitals write them, or numbers."""
    if covariate.kind == "categorical":
        cells = [spelling(value) for value in frame[covariate.column]]
        return np.array([_CODES.get(cell, cell) for cell in cells], dtype=str)
    return numbers(frame[[covariate.column]], path)[:, 0]


def _scanner(frame: pd.DataFrame, table: pd.DataFrame, columns: Columns, path: Path) -> Array:
    if columns.scanner is not None:
        return column(frame, columns.scanner, path).astype(str).to_numpy()
    if "scanner" in table:
        return table["scanner"].astype(str).to_numpy()
    return np.full(len(frame), "scanner")


def _recorded(table: pd.DataFrame, name: str) -> Array:
    """A column of words of the feature table; empty where there is none."""
    if name not in table:
        return np.full(len(table), "")
    return table[name].fillna("").astype(str).to_numpy()


def _meets(values: pd.Series, condition: Condition) -> Array:
    if condition.any_of is not None:
        cells = [spelling(value) for value in values]
        wanted = set(map(spelling, condition.any_of))
        of_truths = {cell for cell in cells if cell not in ("", "nan", "None")} <= {"True", "False"}
        truths = {truth(value) for value in condition.any_of if of_truths or isinstance(value, bool)} - {None}
        return np.array([cell in wanted or truth(cell) in truths for cell in cells])
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    low = -np.inf if condition.at_least is None else condition.at_least
    high = np.inf if condition.at_most is None else condition.at_most
    return (low <= numbers) & (numbers <= high)


def _settings(features: Path, names: list[str]) -> str:
    """Hash of the extraction settings that a prepared table carries, or of the names that a ready one has to have."""
    metadata = pq.read_schema(features).metadata or {} if features.suffix == ".parquet" else {}
    stated = metadata.get(SETTINGS_KEY)
    return stated.decode() if stated is not None else document.digest(names)
