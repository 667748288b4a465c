"""The references of docs/validation-radiomics.md."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conformance import ibsi_filters, ibsi_phantom, mirp_values, pyradiomics_baseline
from tests.conformance.__main__ import (
    DOCUMENT,
    compare_configurations,
    configurations,
    published_baseline,
    pyradiomics_phantom,
    response_maps,
)
from tests.conformance.ibsi_configurations import Phantom
from tests.conformance.reference import Status

pytestmark = pytest.mark.real

# Those of IBSI-2's second phase that take seconds; the page has all.
FILTERED = ("1.A", "2.A", "3.A", "4.A", "6.A", "7.A", "8.A", "9.A", "1.B", "2.B", "3.B", "6.B")


@pytest.fixture(scope="module")
def data(real_data):
    folders = [real_data(folder) for folder in ("ibsi1", "ibsi1_ct", "ibsi2")]
    return folders[0].parent


@pytest.fixture(scope="module")
def compared(data):
    return compare_configurations(data)


@pytest.fixture(scope="module")
def pairs(data):
    return list(mirp_values.compare(Phantom.read(data / "ibsi1_ct")))


@pytest.fixture(scope="module")
def maps(data):
    return list(ibsi_filters.compare_maps(data / "ibsi2"))


@pytest.fixture(scope="module")
def comparisons(real_data):
    return list(ibsi_phantom.compare(real_data("ibsi1")))


@pytest.fixture(scope="module")
def baselines(real_data):
    return list(pyradiomics_baseline.compare(real_data("pyradiomics_cases")))


def test_preset_ibsi_meets_every_reference_of_both_phantoms(compared):
    differ = {name: [one.tag for one in values if one.status is Status.DIFFERS] for name, values in compared.items()}
    assert differ == {name: [] for name in compared}
    matched = {name: sum(one.status is Status.MATCHED for one in values) for name, values in compared.items()}
    expected = {"digital phantom": 479, "configuration A": 404, "configuration C": 269, "configuration D": 269}
    assert {name: matched[name] for name in expected} == expected


def test_preset_ibsi_meets_the_response_maps(maps):
    assert len(maps) >= 11
    assert {one.test: one.beyond for one in maps if one.beyond > 0} == {}


@pytest.mark.slow
@pytest.mark.parametrize("test", FILTERED)
def test_preset_ibsi_meets_the_features_of_filtered_ct(data, test):
    phantom = Phantom.read(data / "ibsi1_ct")
    table = data / "ibsi2" / "reference_values.csv"
    statuses = [one.status for _, one in ibsi_filters.compare_features(phantom, table, (test,))]
    assert len(statuses) >= 17
    assert set(statuses) == {Status.MATCHED}


def test_no_value_of_the_phantom_by_pyradiomics_differs_without_a_reason(comparisons):
    assert Counter(one.status for one in comparisons) == {
        Status.MATCHED: 259,
        Status.BY_DEFINITION: 3,
        Status.NOT_OFFERED: 220,
    }


def test_the_published_baseline_is_met(baselines):
    present = [one for one in baselines if one.missing is None]
    assert len(baselines) == 1330
    assert len(present) == 1330 - 150  # the two flat regions
    # PyRadiomics' own mesh of brain1 has changed since the baseline.
    different = {(one.case, one.feature) for one in present if one.relative_difference > 1e-9}
    mesh = ("MeshVolume", "SurfaceArea", "SurfaceVolumeRatio", "Sphericity")
    assert different == {("brain1", f"original_shape_{name}") for name in mesh}
    for one in present:
        assert one.value == pytest.approx(one.installed, rel=1e-9), (one.case, one.feature)


def test_the_page_is_the_one_that_the_command_makes(compared, pairs, maps, comparisons, baselines):
    page = (Path(__file__).parents[4] / DOCUMENT).read_text(encoding="utf-8")

    def without_roundoff(lines: Iterable[str]) -> list[str]:
        return [line.rsplit("|", 3)[0] for line in lines]

    written = without_roundoff(page.splitlines())
    for section in (
        configurations(compared, pairs),
        response_maps(maps),
        pyradiomics_phantom(comparisons),
        published_baseline(baselines),
    ):
        lines = without_roundoff(section)
        start = written.index(lines[0])
        assert written[start : start + len(lines)] == lines
