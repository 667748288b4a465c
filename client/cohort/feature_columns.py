"""Which columns of a site's table are features: never what a study asks about, or what names a patient."""

import logging
import re
from pathlib import Path

import pandas as pd

from client.preparation.paths import LANDMARK_PREFIX
from client.site.delimited_text import doubtful
from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.study.study import Study

log = logging.getLogger(__name__)

_DESCRIBES = {"scanner", "software", "examined"}
"""Columns of a prepared table that say how an examination was made."""
_IDENTIFIERS = {
    *("id", "pid", "uid", "mrn", "index", "unnamed", "patient", "subject", "case", "accession", "record", "sample"),
    *("patientid", "patientname", "patientidentifier", "subjectid", "caseid", "accessionnumber", "recordid"),
    *("participant", "participantid", "studyid", "studyuid", "seriesuid", "studyinstanceuid", "seriesinstanceuid"),
    *("medicalrecordnumber", "bcrpatientbarcode", "barcode", "rowid", "rownumber", "row", "sampleid"),
}
"""Names of identifiers, without what stands between their words."""
_OF_HER2 = {"her2", "erbb2", "ihc", "ish", "fish", "cish", "sish", "dish", "ddish"}
"""First words of columns of which HER2 status is made."""


def feature_names(table: pd.DataFrame, site: Site, study: Study) -> list[str]:
    """Names of the features in the order of the table.

    Parameters
    ----------
    table : of features, a row a patient
    site, study : whose columns are something else

    Raises
    ------
    MrfedError where no feature is left, a network's feature is no number or none that may be a feature, or a column
    would be a feature had its numbers not lost their decimal marks.
    """
    not_features = _columns_of_something_else(site, study)
    # landmarks are the same whatever is trained on what they bring about
    if study.network is not None and site.feature_columns != LANDMARK_PREFIX:
        return _joined(table, site, study, not_features)
    prefix = site.feature_columns or ""
    candidates = table if site.feature_columns is not None else table.select_dtypes("number")
    candidate_names = [name for name in candidates.columns if str(name).startswith(prefix)]
    names = [name for name in candidate_names if not _is_no_feature(str(name), prefix, not_features, study)]
    if left := [name for name in candidate_names if name not in names]:
        log.info("site %s: no features, but identifiers or what the study asks about: %s", site.name, ", ".join(left))
    if site.feature_columns is None:
        _require_marks(table, site, study, not_features)
    if not names:
        where = site.data.features or "the prepared features"
        raise MrfedError(Code.DATA_MISSING, f"{where}: no feature column; correct feature_columns in site.yaml")
    return names


def _joined(table: pd.DataFrame, site: Site, study: Study, not_features: set[str]) -> list[str]:
    """Features that a network sees beside its images."""
    assert study.network is not None
    joined = list(study.network.architecture.features)
    for name in joined:
        if _is_no_feature(name, "", not_features, study):
            raise MrfedError(
                Code.REFUSED,
                f"site {site.name}: network.architecture.features names {name}, which is an identifier here or what "
                "the study asks about; ask the coordinator to leave it out",
            )
    if absent := [name for name in joined if name not in table.select_dtypes("number").columns]:
        raise MrfedError(
            Code.DATA_MISSING,
            f"site {site.name}: the feature table has no number called {absent[0]}, which network.architecture."
            "features names; correct the study, or prepare the features anew",
        )
    return joined


def _columns_of_something_else(site: Site, study: Study) -> set[str]:
    """Names, without case, of columns that are something else: by the site file, or by the study."""
    names = {value for value in site.columns.model_dump().values() if value is not None} | _DESCRIBES
    names |= {covariate.column for covariate in study.covariates} | {study.question.endpoint.column}
    names |= {condition.column for condition in study.question.subgroup}
    return {name.strip().casefold() for name in names}


def _is_no_feature(name: str, prefix: str, not_features: set[str], study: Study) -> bool:
    """Whether a column is none of features, whatever prefix it has; pandas calls a second column y `y.1`."""
    plain = re.sub(r"\.\d+$", "", name.strip().casefold())
    if name.strip().casefold() in not_features or plain in not_features:
        return True
    bare = plain.removeprefix(prefix.casefold()).strip("_-. ")
    if bare == study.question.endpoint.column.strip().casefold():
        return True
    return any(_says_no_feature(text) for text in (plain, bare))


def _says_no_feature(text: str) -> bool:
    """Whether a name by itself is that of an identifier, or of what HER2 status is made of."""
    words = re.split(r"[^a-z0-9]+", text)
    # pandas calls the fourth column, if it has no name, `Unnamed: 3`
    return (
        re.sub(r"^unnamed\d+$", "unnamed", "".join(words)) in _IDENTIFIERS
        or words[0] in _OF_HER2
        or "".join(words[:2]) in _OF_HER2
    )


def _require_marks(table: pd.DataFrame, site: Site, study: Study, not_features: set[str]) -> None:
    """Refuse a table in which a column of numbers is text, since without its decimal marks it is no feature."""
    for name in table.columns.difference(table.select_dtypes("number").columns, sort=False):
        if pd.api.types.is_bool_dtype(table[name]) or _is_no_feature(str(name), "", not_features, study):
            continue
        cells = table[name].dropna().astype(str).str.strip()
        marked = cells.str.fullmatch(r"[+-]?\d[\d.,' \u00a0\u202f]*[.,]\d+(?:[eE][+-]?\d+)?")
        dated = cells.str.fullmatch(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}[./]\d{1,2}[./]\d{1,2}|\d+(?:\.\d+){3,}")
        if len(cells) and ((marked & ~dated).mean() > 0.5 or (doubtful(cells) and not dated.any())):
            where: Path | str = site.data.features or "the prepared features"
            raise MrfedError(
                Code.DATA_UNREADABLE,
                f"{where}: column {name!r} seems to hold numbers, but their decimal marks are lost or mixed; export "
                "the table anew, with a decimal point in every cell, or name the prefix of the features as "
                "feature_columns in site.yaml",
            )
