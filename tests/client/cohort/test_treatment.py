"""Before treatment, or nothing says so."""

import pandas as pd
import pytest

from client.cohort.treatment import treated, treated_patients
from client.site.site_file import Columns
from shared.errors import MrfedError


@pytest.mark.parametrize(
    ("examined", "started", "expected"),
    [
        ("20240108", "2024-02-01", False),
        ("20240201", "2024-02-01", True),
        ("20240108", "01.02.2024", False),
        ("20240301", "01.02.2024", True),
        ("20240108", "2024-02-01 00:00:00", False),
        ("20240108", pd.Timestamp("2024-02-01"), False),
        ("20240108", "20240201", False),
        ("", "2024-02-01", True),
        ("***", "2024-02-01", True),
        ("20240108", "02/01/2024", True),
        ("20240108", "February", True),
        ("20240108", "", False),
        ("20240108", float("nan"), False),
        ("", None, False),
        ("20240108", "not yet", False),
        ("20240108", "none", False),
    ],
)
def test_what_is_unknown_does_not_pass(examined: str, started: object, expected: bool) -> None:
    assert treated(examined, started) is expected


def test_features_that_do_not_say_when() -> None:
    clinical = pd.DataFrame({"start": ["2024-02-01", ""]}, index=["P1", "P2"])
    features = pd.DataFrame({"f": [1.0, 2.0]}, index=["P1", "P2"])
    with pytest.raises(MrfedError, match="add a column examined"):
        treated_patients(clinical, features, Columns(treatment_start="start"))
    assert treated_patients(clinical, features, Columns()).empty
    assert treated_patients(clinical, features.assign(examined=20240108.0), Columns(treatment_start="start")).empty
    assert list(treated_patients(clinical, features.assign(examined=""), Columns(treatment_start="start"))) == ["P1"]
