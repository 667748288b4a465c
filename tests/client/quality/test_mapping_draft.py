"""A mapping file begun from what was found: nothing declared, everything asked, every answer valid."""

from pathlib import Path

import pytest
import yaml

from client.imaging.ingest.mapping import Mapping, load
from client.quality.check import SiteCheck
from client.quality.check_patient import LabelFound, PatientCheck, Problem, SeriesFound
from client.quality.mapping_draft import ANSWER, begin_mapping, draft
from shared.errors import Code, MrfedError


@pytest.fixture
def found() -> SiteCheck:
    one, two = PatientCheck("P1"), PatientCheck("0042")
    one.series = (
        SeriesFound(3, "dyn (1+2)", "dce", 60),
        SeriesFound(7, 'ep2d "diff"', "dwi", 40),
        SeriesFound(9, "Protokoll", "", 20),
        SeriesFound(41, "dyn: PE1", "pe_map", 20),
    )
    one.labels = (LabelFound("Läsion 1", "tumour", "Ann"), LabelFound("ROI-1", "", "Ben"))
    problems = (
        "phases cannot be told early from late; declare timing in the mapping file (timing)",
        "declare them in the mapping file (b_values)",
        "declare the unit in the mapping file (units: {pe_map: ...})",
        "name the lesion whose HER2 was sampled in the mapping file (patients.ID.lesion)",
        "name the one before treatment in the mapping file (patients.ID.study)",
        "say so in the mapping file (patients.ID.breast)",
    )
    one.problems = [Problem(Code.DATA_MISSING, text) for text in problems]
    two.problems = [Problem(Code.LABEL_MISSING, "say how the table calls the patient (patients.ID.table_name)")]
    return SiteCheck((one, two), (), (), {})


def test_it_declares_nothing_until_somebody_answers(found: SiteCheck, tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    begin_mapping(path, found)
    assert load(path) == Mapping()
    with pytest.raises(MrfedError, match="is there already"):
        begin_mapping(path, found)


def test_every_answer_is_valid(found: SiteCheck) -> None:
    answered = "\n".join(line.removeprefix(ANSWER) for line in draft(found).splitlines())
    mapping = Mapping.model_validate(yaml.safe_load(answered))
    assert mapping.sequence_of("dyn (1+2)") == "dce"
    assert mapping.sequence_of('ep2d "diff"') == "dwi"
    assert mapping.sequence_of("dyn 12") is None
    assert mapping.role_of(["Läsion 1"]) == "tumour"
    assert mapping.reader == "Ann"
    assert mapping.timing.injection_after_start_s == 60
    assert mapping.b_values_of('ep2d "diff"') == (0, 800)
    assert set(mapping.patients) == {"P1", "0042"}
    assert mapping.patient("P1").lesion == "Läsion 1"


def test_it_asks_only_what_is_open() -> None:
    text = draft(SiteCheck((PatientCheck("P1"),), (), (), {}))
    assert not any(line.startswith(ANSWER) for line in text.splitlines())
