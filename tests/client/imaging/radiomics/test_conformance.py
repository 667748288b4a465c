"""The references of docs/validation-radiomics.md."""

from collections import Counter
from pathlib import Path

import pytest

from tests.conformance import ibsi_phantom, pyradiomics_baseline
from tests.conformance.__main__ import DOCUMENT, document
from tests.conformance.ibsi_phantom import Status

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def comparisons(real_data):
    return list(ibsi_phantom.compare(real_data("ibsi1")))


@pytest.fixture(scope="module")
def baselines(real_data):
    return list(pyradiomics_baseline.compare(real_data("pyradiomics_cases")))


def test_no_value_of_the_phantom_differs_without_a_reason(comparisons):
    assert Counter(comparison.status for comparison in comparisons) == {
        Status.MATCHED: 259,
        Status.BY_DEFINITION: 3,
        Status.NOT_OFFERED: 220,
    }


def test_the_published_baseline_is_met(baselines):
    present = [baseline for baseline in baselines if baseline.missing is None]
    assert len(baselines) == 1330
    assert len(present) == 1330 - 150  # the two flat regions
    # PyRadiomics' own mesh of brain1 has changed since the baseline.
    different = {(one.case, one.feature) for one in present if one.relative_difference > 1e-9}
    mesh = ("MeshVolume", "SurfaceArea", "SurfaceVolumeRatio", "Sphericity")
    assert different == {("brain1", f"original_shape_{name}") for name in mesh}
    for one in present:
        assert one.value == pytest.approx(one.installed, rel=1e-9), (one.case, one.feature)


def test_the_page_is_the_one_that_the_command_makes(comparisons, baselines):
    page = (Path(__file__).parents[4] / DOCUMENT).read_text(encoding="utf-8")

    def without_roundoff(text):
        return [line.rsplit("|", 2)[0] for line in text.splitlines()]

    assert without_roundoff(document(comparisons, baselines)) == without_roundoff(page)
