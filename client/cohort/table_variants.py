"""One table of patients over several feature tables: one for each omission of a study with habitats."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from client.cohort.exclusion import Reason
from client.cohort.table import Table
from shared.errors import Code, MrfedError


def joined(tables: Sequence[Table]) -> Table:
    """Everyone who is in all tables; the features are those of the first, and of each as its `variants`.

    Who lacks features under one clustering is left out of all: sums of one study that differ by few patients would
    give these away.

    Parameters
    ----------
    tables : of each omission in order, with the same columns

    Raises
    ------
    MrfedError where the columns differ, or nobody is in all.
    """
    first = tables[0]
    if any(table.features != first.features for table in tables):
        raise MrfedError(Code.DATA_INCONSISTENT, "feature tables of the habitats differ in columns; prepare them anew")
    common = reduce(np.intersect1d, [table.patients for table in tables])
    if not len(common):
        raise MrfedError(Code.TOO_FEW_PATIENTS, "no patient has features under every clustering of the study")
    rows = [np.isin(table.patients, common) for table in tables]
    kept = rows[0]
    return replace(
        first,
        patients=first.patients[kept],
        x=first.x[kept],
        scanner=first.scanner[kept],
        machine=first.machine[kept],
        batch=first.batch[kept],
        covariates={name: values[kept] for name, values in first.covariates.items()},
        y=first.y[kept],
        left_out=first.left_out | dict.fromkeys(first.patients[~kept].tolist(), Reason.FEATURE_MISSING),
        variants=tuple(table.x[inside] for table, inside in zip(tables, rows, strict=True)),
    )
