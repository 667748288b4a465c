"""Whether an examination shows the tumour before treatment: what was sampled before, and is predicted, is there."""

from datetime import datetime

import pandas as pd

from client.site.site_file import Columns

EXAMINED, RECORDED = "%Y%m%d", "%Y-%m-%d"
"""How DICOM writes days, and how clinical tables do."""


def day(text: object, form: str) -> datetime | None:
    """A day as it was written; None where it is none."""
    try:
        return datetime.strptime(str(text).strip(), form)
    except ValueError:
        return None


def treated(examined: object, started: object) -> bool:
    """Whether an examination was on the day on which treatment began, or later; not where either day is unknown."""
    seen, begun = day(examined, EXAMINED), day(started, RECORDED)
    return seen is not None and begun is not None and seen >= begun


def treated_patients(clinical: pd.DataFrame, features: pd.DataFrame, columns: Columns) -> "pd.Index[str]":
    """Patients of both tables whose examination was not before treatment.

    Parameters
    ----------
    clinical, features : by patient; the features say when each was examined where they come from images
    columns : which column says when treatment began; none where the site has not named it
    """
    if columns.treatment_start is None or "examined" not in features:
        return clinical.index[:0]
    both = clinical.index[clinical.index.isin(features.index)].unique()
    starts = clinical[columns.treatment_start].groupby(level=0).first()
    examined = features["examined"].groupby(level=0).first()
    return both[[treated(examined[one], starts[one]) for one in both]]
