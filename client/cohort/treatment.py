"""Whether an examination shows the tumour before treatment: what was sampled before, and is predicted, is there."""

import re
from datetime import datetime

import pandas as pd

from client.site.site_file import Columns
from shared.errors import Code, MrfedError

EXAMINED, RECORDED = "%Y%m%d", "%Y-%m-%d"
"""How DICOM writes days, and how clinical tables do."""
_FORMS = (RECORDED, "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", EXAMINED, "%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d")
"""Days as tables have them; 02/01/2020 is not among them, since it is two days."""
_NOT_TREATED = re.compile(
    r"(nan|nat|none|null|na|n/a|no|not( yet| treated| applicable)?|never|nein|-+|)", re.IGNORECASE
)
"""What stands in the column for a patient who was not treated before surgery."""


def day(text: object, form: str) -> datetime | None:
    """A day as it was written; None where it is none."""
    try:
        return datetime.strptime(str(text).strip(), form)
    except ValueError:
        return None


def recorded_day(text: object) -> datetime | None:
    """A day of a clinical table; None where it is none that can be read in one way only."""
    return next((found for form in _FORMS if (found := day(text, form)) is not None), None)


def is_treated(started: object) -> bool:
    """Whether the table has something where treatment began, be it a day or not."""
    return _NOT_TREATED.fullmatch(str(started).strip()) is None


def treated(examined: object, started: object) -> bool:
    """Whether an examination may show the tumour after treatment began.

    It does on that day and later, and where treatment is recorded but either day is unknown nothing says otherwise.
    """
    if not is_treated(started):
        return False
    seen, begun = day(examined, EXAMINED), recorded_day(started)
    return seen is None or begun is None or seen >= begun


def treated_patients(clinical: pd.DataFrame, features: pd.DataFrame, columns: Columns) -> "pd.Index[str]":
    """Patients of both tables whose examination was not before treatment, as far as anything says.

    Parameters
    ----------
    clinical, features : by patient; the features say when each was examined where they come from images
    columns : which column says when treatment began; none where the site has not named it

    Raises
    ------
    MrfedError (DATA_MISSING) where the site names when treatment began, and its features do not say when patients were
    examined.
    """
    if columns.treatment_start is None:
        return clinical.index[:0]
    both = clinical.index[clinical.index.isin(features.index)].unique()
    starts = clinical[columns.treatment_start].groupby(level=0).first()
    if "examined" not in features:
        if any(is_treated(starts[patient]) for patient in both):
            raise MrfedError(
                Code.DATA_MISSING,
                f"site.yaml: columns.treatment_start is {columns.treatment_start}, but the features do not say when "
                "patients were examined; add a column examined (YYYYMMDD) to data.features, or remove "
                "columns.treatment_start",
            )
        return clinical.index[:0]
    examined = features["examined"].groupby(level=0).first()
    return both[[treated(_digits(examined[patient]), starts[patient]) for patient in both]]


def _digits(examined: object) -> str:
    """A day that a table took for a number."""
    return str(examined).removesuffix(".0")
