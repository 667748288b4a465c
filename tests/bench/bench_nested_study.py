"""The full nested study on real radiomics: exchanges, bytes, processor time against scikit-learn for the same fits."""

import logging
from collections.abc import Iterator

from tests.bench.figure import Figure
from tests.conftest import REAL_DATA
from tests.validation.learning_measures import cost


def figures() -> Iterator[Figure]:
    """Run `ispy1-nested`; nothing where the data are missing."""
    if not (REAL_DATA / "ispy1_radiomics").is_dir():
        return
    logging.disable(logging.WARNING)
    found = cost()
    logging.disable(logging.NOTSET)
    yield Figure("nested_study.exchanges", found["exchanges"], "exchanges", "lower", 80)
    yield Figure("nested_study.megabytes_up_per_site", found["megabytes"], "MB", "lower", 200)
    yield Figure("nested_study.coordinator_time_vs_scikit_learn", found["coordinator"], "ratio", "lower", 3)
    yield Figure("nested_study.site_time_vs_scikit_learn", found["site"], "ratio", "lower", 3)
