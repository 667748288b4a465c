import csv

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from client.cli import app
from client.imaging.radiomics.perturbation import STANDARD
from client.quality.repeatability import measure
from client.quality.repeatability_table import rows
from client.quality.repeated_measurements import read, stability_file
from client.review.journal import Decision, Journal, Verdict, Why
from client.site.site_file import Data, Site
from shared.errors import Code, MrfedError
from shared.metrics.icc import icc, squares
from shared.training.stability import PERTURBATIONS
from tests.small_hospital import study, tumour, write_mask, write_patient

pytestmark = pytest.mark.slow

VOLUME = "mask.tumour.original_shape_VoxelVolume"
MEAN = "early.tumour.original_firstorder_Mean"


@pytest.fixture
def site(tmp_path):
    """Four patients with tumours of one, two, three and four columns more or less, drawn by two readers."""
    for number in range(4):
        folder = tmp_path / "in" / str(number)
        write_patient(folder, f"P{number}", seed=number)
        (folder / "mask.dcm").unlink()
        inside = tumour()
        inside[:, :, 8 : 8 + number] = False
        write_mask(folder, inside, f"P{number}", "tumour one", reader="Reader^One")
        write_mask(folder, np.roll(inside, 1, axis=1), f"P{number}", "tumour two", reader="Reader^Two")
    (tmp_path / "mapping.yaml").write_text(yaml.safe_dump({"reader": "Reader^One"}))
    data = Data(dicom=tmp_path / "in", mapping=tmp_path / "mapping.yaml")
    return Site(name="here", data=data, workspace=tmp_path / "workspace")


def values_of(found, name):
    return found.features.index(name)


def test_readers_who_move_the_mask_agree_on_the_volume(site):
    computed = measure(site, study(), patients=10, readers=("Reader^One", "Reader^Two"))
    assert computed.measurements == ("Reader^One", "Reader^Two")
    assert (computed.patients, computed.failures) == (4, {})
    assert icc(computed.sums)[values_of(computed, VOLUME)] == 1
    assert computed.sums.residual[values_of(computed, MEAN)] > 0


def test_perturbations_are_measured_and_repeat_themselves(site):
    computed = measure(site, study(), patients=3)
    assert len(computed.measurements) == len(STANDARD)
    assert computed.patients == 3
    volume = {row.feature: row for row in rows(computed)}[VOLUME]
    # A tumour of 8 x 10 x 4 voxels that grows and shrinks by half a millimetre is not the same any more.
    assert 0.1 < volume.icc < 0.95
    assert volume.lower < volume.icc < volume.upper
    again = measure(site, study(), patients=3)
    np.testing.assert_array_equal(again.sums.residual, computed.sums.residual)
    assert not np.array_equal(measure(site, study(), patients=3, seed=2).sums.residual, computed.sums.residual)


def test_measurements_are_kept_for_studies_that_ask(site):
    computed = measure(site, study(), patients=3)
    kept = read(stability_file(site, study(), readers=False), "mrfed-site stability")
    assert kept.features == computed.features
    assert kept.values.shape == (3, len(STANDARD), len(computed.features))
    assert len(STANDARD) == PERTURBATIONS
    # Read from the file the values lie otherwise in memory, and are added up in another order.
    np.testing.assert_allclose(squares(kept.values).residual, computed.sums.residual, rtol=1e-12)
    some = kept.of(["P0", "P2", "nobody"])
    assert some.patients.tolist() == ["P0", "P2"]
    volumes = some.aligned([VOLUME, "a feature that was not measured"])
    assert np.isfinite(volumes[..., 0]).all()
    assert np.isnan(volumes[..., 1]).all()
    with pytest.raises(MrfedError, match="run mrfed-site stability first"):
        read(stability_file(site, study(), readers=True), "mrfed-site stability")


def test_a_patient_without_the_readers_mask_is_left_out_and_named(site):
    next((site.data.dicom / "1").glob("tumour two.dcm")).unlink()
    computed = measure(site, study(), patients=10, readers=("Reader^One", "Reader^Two"))
    assert computed.patients == 3
    assert list(computed.failures) == ["P1"]
    assert "no mask of the tumour" in computed.failures["P1"]


def test_too_few_patients_and_readers_are_errors(site):
    with pytest.raises(MrfedError, match="two are needed") as caught:
        measure(site, study(), patients=1)
    assert caught.value.code is Code.TOO_FEW_PATIENTS
    with pytest.raises(MrfedError, match="two readers or more"):
        measure(site, study(), patients=5, readers=("Reader^One",))


def test_the_command_prints_a_table_and_writes_every_feature(site, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study().model_dump(mode="json")))
    content = {"name": "here", "data": {"dicom": "in", "mapping": "mapping.yaml"}, "workspace": "workspace"}
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(content))
    result = CliRunner().invoke(
        app,
        [
            "stability",
            "study.yaml",
            "--patients",
            "3",
            "--workers",
            "1",
            "--reader",
            "Reader^One",
            "--reader",
            "Reader^Two",
        ],
    )
    assert result.exit_code == 0, result.output
    assert "3 patients, 2 measurements each: Reader^One, Reader^Two." in " ".join(result.output.split())
    with open(result.output.split()[-1]) as file:
        features = list(csv.DictReader(file))
    volume = next(row for row in features if row["feature"] == VOLUME)
    assert (float(volume["icc_2_1"]), volume["patients"]) == (1, "3")


def test_a_patient_rejected_at_review_is_not_measured(site):
    who = {"reader": "Dr Lee", "account": "lee", "patient": "P1", "images": "0" * 64}
    Journal(site.workspace).add(Decision(**who, verdict=Verdict.REJECTED, why=(Why.MASK,)))
    computed = measure(site, study(), patients=10, readers=("Reader^One", "Reader^Two"))
    assert (computed.patients, computed.failures) == (3, {})
