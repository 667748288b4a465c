"""What is usable, before anything is computed: as a table, as JSON, as exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pydicom import dcmread
from typer.testing import CliRunner

from client.cli import app
from client.quality.check import SiteCheck, check
from client.review.journal import Decision, Journal, Verdict, Why
from client.site.site_file import Columns, Data, Site
from shared.errors import Code, MrfedError
from shared.study.study import Study
from tests.small_hospital import study, tumour, write_mask, write_patient

CLINICAL = """patient,ihc,ish,treated,biopsy,clip
P1,1+,,,2024-01-03,yes
P2,0,,2024-01-08,,no
P3,2+,,,,
"""


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    for number in (1, 2, 3):
        write_patient(tmp_path / "in" / f"{number}", f"P{number}", seed=number)
    (tmp_path / "clinical.csv").write_text(CLINICAL)
    return tmp_path


def checked(
    hospital: Path, asked: Study | None = None, mapping: dict[str, object] | None = None, breast: str | None = None
) -> SiteCheck:
    if mapping is not None:
        (hospital / "mapping.yaml").write_text(yaml.safe_dump(mapping))
    data = Data(
        dicom=hospital / "in",
        clinical=hospital / "clinical.csv",
        mapping=hospital / "mapping.yaml" if mapping is not None else None,
    )
    columns = Columns(ihc="ihc", ish="ish", treatment_start="treated", biopsy="biopsy", breast=breast, clip="clip")
    return check(Site(name="here", data=data, columns=columns, workspace=hospital / "workspace"), asked or study())


def problems(found: SiteCheck, patient: str) -> str:
    (one,) = [one for one in found.patients if one.patient == patient]
    return "; ".join(problem.text for problem in one.problems)


def test_what_there_is_of_a_usable_patient(hospital: Path) -> None:
    site_check = checked(hospital)
    one = site_check.patients[0]
    assert (one.patient, one.label, one.problems) == ("P1", "low", [])
    assert one.scanner == "ACME One 3 T"
    assert one.sequences == ("dce",)
    assert one.seconds == (-40, 20, 80)
    assert one.timing == "acquisition time and start of the bolus"
    assert one.grid == "24×20×8 at 1×1×2"
    assert one.mask_ml == pytest.approx(0.64)
    assert (one.lesions, one.lesion, one.reader) == (1, "Tumour", "Reader^One")
    assert one.notes == ["examined 5 days after the biopsy", "clip"]


def test_what_keeps_the_others_out(hospital: Path) -> None:
    site_check = checked(hospital)
    assert site_check.usable == 1
    assert "treated since 2024-01-08" in problems(site_check, "P2")
    assert "do not settle the HER2 status" in problems(site_check, "P3")


@pytest.mark.slow
def test_a_patient_rejected_at_review_is_no_longer_usable(hospital: Path) -> None:
    who = {"reader": "Dr Lee", "account": "lee", "patient": "P1", "images": "0" * 64}
    journal = Journal(hospital / "workspace")
    journal.add(Decision(**who, verdict=Verdict.REJECTED, why=(Why.MASK, Why.MOTION)))
    site_check = checked(hospital)
    assert site_check.usable == 0
    assert "rejected at review by Dr Lee on 2" in problems(site_check, "P1")
    assert "(mask, motion); accept the images in mrfed-site review" in problems(site_check, "P1")
    journal.add(Decision(**who, verdict=Verdict.ACCEPTED))
    assert checked(hospital).usable == 1


@pytest.mark.slow
def test_every_problem_is_named_at_once(hospital: Path) -> None:
    (hospital / "in" / "1" / "mask.dcm").unlink()
    asked = study(
        imaging={"sequences": ["dce", "dwi"], "phases": {"early_s": 300, "late_s": 400}, "images": ["early"]},
        maps=[{"name": "percent_enhancement", "early_s": 300, "late_s": 400}],
    )
    text = problems(checked(hospital, asked), "P1")
    for part in (
        "no diffusion-weighted series",
        "no phase is the early one (phases at -40, 20, 80 s",
        "no mask of the tumour",
        "percent_enhancement needs a phase within 90 s of 300 s",
    ):
        assert part in text


def test_declared_timing_is_marked(hospital: Path) -> None:
    for path in (hospital / "in" / "1").glob("1-*.dcm"):
        one = dcmread(path)
        del one.ContrastBolusStartTime
        one.save_as(path)
    assert "declare timing" in problems(checked(hospital), "P1")
    site_check = checked(hospital, mapping={"timing": {"injection_after_start_s": 70}})
    assert site_check.patients[0].timing_assumed
    assert not site_check.patients[1].timing_assumed


def test_two_lesions_and_two_readers_are_settled_by_the_mapping(hospital: Path) -> None:
    write_mask(hospital / "in" / "1", tumour(), "P1", name="Lesion 2")
    assert "2 masks of the tumour" in problems(checked(hospital), "P1")
    settled = checked(hospital, mapping={"patients": {"P1": {"lesion": "Lesion 2"}}})
    assert not problems(settled, "P1")
    assert (settled.patients[0].lesions, settled.patients[0].lesion) == (2, "Lesion 2")
    assert "2 lesions; 'Lesion 2' was sampled, says the mapping file" in settled.patients[0].notes
    write_mask(hospital / "in" / "1", tumour(), "P1", name="Lesion 2", reader="Reader^Two")
    assert "2 readers drew the tumour" in problems(checked(hospital), "P1")
    settled = checked(hospital, mapping={"reader": "Reader^Two"})
    assert not problems(settled, "P1")
    assert settled.patients[0].reader == "Reader^Two"
    assert "2 readers; masks of Reader^Two are used, says the mapping file" in settled.patients[0].notes


def test_identifiers_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    write_patient(tmp_path / "in" / "1", "0042")
    write_patient(tmp_path / "in" / "2", "0043")
    (tmp_path / "clinical.csv").write_text("patient,ihc,ish,treated,biopsy,clip\n0042,0,,,,\n0043,1+,,,,\n")
    site_check = checked(tmp_path)
    assert site_check.usable == 2
    assert not site_check.without_images


def test_a_truncated_file_is_named_with_its_patient(hospital: Path) -> None:
    path = hospital / "in" / "1" / "1-0003.dcm"
    path.write_bytes(path.read_bytes()[:-30])
    site_check = checked(hospital)
    (fault,) = site_check.faults
    assert fault.text.startswith("patient P1: 1/1-0003.dcm is truncated")
    assert "lacks 1 of 8 slices" in problems(site_check, "P1")


def test_names_that_do_not_meet(hospital: Path) -> None:
    (hospital / "clinical.csv").write_text(CLINICAL.replace("P1", "0001") + "P9,0,,,,\nP3,0,,,,\n")
    site_check = checked(hospital)
    assert "has no row in clinical.csv" in problems(site_check, "P1")
    assert "occurs twice" in problems(site_check, "P3")
    assert site_check.without_images == ("0001", "P9")
    assert not problems(checked(hospital, mapping={"patients": {"P1": {"table_name": "0001"}}}), "0001")


@pytest.mark.slow
def test_a_table_without_the_column(hospital: Path) -> None:
    (hospital / "clinical.csv").write_text("patient,ihc\nP1,0\n")
    with pytest.raises(MrfedError, match="there is no column 'ish'") as caught:
        checked(hospital)
    assert caught.value.code is Code.DATA_MISSING


@pytest.fixture
def run(hospital: Path) -> Callable[..., tuple[int, str]]:
    site = {
        "name": "here",
        "data": {"dicom": "in", "clinical": "clinical.csv"},
        "columns": {"ihc": "ihc", "ish": "ish"},
    }
    (hospital / "site.yaml").write_text(yaml.safe_dump(site))
    (hospital / "study.yaml").write_text(yaml.safe_dump(study().model_dump(mode="json", exclude_defaults=True)))

    def command(*options: str) -> tuple[int, str]:
        paths = [str(hospital / "study.yaml"), "--site", str(hospital / "site.yaml"), "--workers", "1"]
        result = CliRunner().invoke(app, ["check", *paths, *options])
        return result.exit_code, result.stdout + result.stderr

    return command


@pytest.mark.slow
def test_the_command_tells_by_its_exit_code(hospital: Path, run: Callable[..., tuple[int, str]]) -> None:
    code, text = run()
    assert code == 1
    assert "2 of 3 patients with images are usable" in text
    told = " ".join(text.split())
    assert "IHC and ISH do not settle the HER2 status; enter the missing result P3" in told
    assert "ACME One 3 T, 3 patients sequences dce phases, s -40 20 80" in told, (
        "a protocol that all share is told once"
    )
    (hospital / "clinical.csv").write_text("patient,ihc,ish\nP1,0,\nP2,0,\nP3,1+,\n")
    assert run()[0] == 0
    (hospital / "clinical.csv").write_text("patient,ihc,ish\nP1,3+,\n")
    assert run()[0] == 2


def test_the_command_writes_json(run: Callable[..., tuple[int, str]]) -> None:
    _, text = run("--json")
    computed = json.loads(text)
    assert computed["usable"] == 2
    assert [entry["patient"] for entry in computed["patients"]] == ["P1", "P2", "P3"]
    assert computed["patients"][2]["problems"][0]["code"] == "label-missing"


@pytest.mark.slow
def test_a_mask_in_the_other_breast_than_was_sampled_is_refused(hospital: Path) -> None:
    clinical = "patient,ihc,ish,treated,biopsy,clip,side\nP1,1+,,,,,L\nP2,0,,,,,right\nP3,0,,,,,\n"
    (hospital / "clinical.csv").write_text(clinical)
    for path in (hospital / "in").rglob("1-*.dcm"):
        one = dcmread(path)
        one.Laterality = "L"
        one.save_as(path)
    site_check = checked(hospital, breast="side")
    assert [patient.breast for patient in site_check.patients] == ["left"] * 3
    assert [bool(patient.problems) for patient in site_check.patients] == [False, True, False]
    assert "the mask lies in the left breast, the right one was sampled" in problems(site_check, "P2")


@pytest.mark.slow
def test_an_examination_of_another_time_point_than_most_is_worth_a_look(hospital: Path) -> None:
    for path in (hospital / "in").rglob("1-*.dcm"):
        one = dcmread(path)
        one.ClinicalTrialTimePointID = "T3" if one.PatientID == "P2" else "T1"
        one.save_as(path)
    site_check = checked(hospital)
    assert [patient.timepoint for patient in site_check.patients] == ["T1", "T3", "T1"]
    noted = [[note for note in patient.notes if "time point" in note] for patient in site_check.patients]
    assert noted[0] == noted[2] == []
    assert "time point T3 of the trial, most have T1" in noted[1][0]
    settled = checked(hospital, mapping={"baseline": "T1"})
    assert "no examination is time point T1 (T3)" in problems(settled, "P2")
