import json

import pytest
from pydantic import ValidationError

from shared.results.evaluation import Recalibrated, RocPoints
from shared.results.result import NOTICES, Result
from tests.simulated_result import whole_result


@pytest.fixture(scope="module")
def result():
    return whole_result()


def test_survives_json_without_loss(result):
    text = json.dumps(result.model_dump(mode="json"), allow_nan=False)
    assert Result.model_validate_json(text) == result


def test_what_is_no_number_becomes_none():
    nothing = Recalibrated(
        slope=float("nan"), slope_standard_error=float("inf"), intercept=0.1, intercept_standard_error=0.2
    )
    assert (nothing.slope, nothing.slope_standard_error) == (None, None)
    corners = RocPoints(threshold=(float("inf"), 0.5), false_positive_rate=(0, 1), true_positive_rate=(0, 1))
    assert corners.threshold == (None, 0.5)


def test_fingerprint_is_of_the_numbers_not_of_the_run(result):
    again = result.model_copy(
        update={
            "exchanges": result.exchanges[:3],
            "provenance": result.provenance.model_copy(update={"run": "other"}),
        }
    )
    assert again.fingerprint == result.fingerprint
    assert whole_result(seed=2).fingerprint != result.fingerprint


def test_notice_follows_the_patients(result):
    assert result.notice == NOTICES["simulated"]
    assert result.notice.startswith("SIMULATED PATIENTS. Effects were programmed.")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"study_digest": "0" * 64}, "not the digest of the study"),
        ({"participants": []}, "a site is evaluated that took no part"),
        ({"surprise": 1}, "Extra inputs are not permitted"),
    ],
)
def test_refuses_what_does_not_fit_together(result, change, says):
    with pytest.raises(ValidationError, match=says):
        Result.model_validate(result.model_dump(mode="json") | change)


def test_every_participant_counts_every_class(result):
    content = result.model_dump(mode="json")
    content["participants"][0]["classes"] = [1, 2, 3]
    with pytest.raises(ValidationError, match="a count for each of the 2 classes"):
        Result.model_validate(content)
