"""A setting that nothing reads beside the others is refused at its line, in each section that has such settings."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from shared.errors import Code, MrfedError
from shared.files import document
from shared.sections.harmonization import Harmonization
from shared.sections.model import LogisticSettings
from shared.sections.network import Input, LocalTraining, Network
from shared.sections.section import Section

INPUT = {"channels": ["t1"]}
PRIVATE = {"input": INPUT, "architecture": {"name": "small_cnn"}}
PRIVATE |= {"differential_privacy": {"noise_multiplier": 1.0, "epsilon": 10.0}}
PLAIN = "training without differential_privacy, and training with differential_privacy"
COMBAT = "method: combat or covbat, and method: none"
BATCHES = "batch: scanner or software, and batch: site"
CASES: list[tuple[type[Section], dict[str, object], dict[str, object], str]] = [
    (Harmonization, {"method": "none"}, {"empirical_bayes": False}, COMBAT),
    (Harmonization, {"method": "none"}, {"parametric": False}, COMBAT),
    (Harmonization, {"method": "none"}, {"mean_only": True}, COMBAT),
    (Harmonization, {"method": "none"}, {"share": 0.8}, "method: covbat, and method: none"),
    (Harmonization, {"method": "combat"}, {"share": 0.8}, "method: covbat, and method: combat"),
    (
        Harmonization,
        {"empirical_bayes": False},
        {"parametric": False},
        "empirical_bayes: true, and empirical_bayes: false",
    ),
    (Harmonization, {"batch": "site"}, {"smallest_batch": 5}, BATCHES),
    (Harmonization, {}, {"small_batches": "leave_out"}, BATCHES),
    (LogisticSettings, {"penalties": 5}, {"c": 0.1}, "penalties: 1, and penalties: 5"),
    (LogisticSettings, {}, {"smallest_penalty": 0.1}, "penalties: 2 or more, and penalties: 1"),
    (LogisticSettings, {}, {"choice": "one_standard_error"}, "penalties: 2 or more, and penalties: 1"),
    (LocalTraining, {"optimizer": "adamw"}, {"momentum": 0.9}, "optimizer: sgd, and optimizer: adamw"),
    (LocalTraining, {"schedule": "cosine"}, {"patience": 3}, "schedule: plateau, and schedule: cosine"),
    (Input, INPUT, {"neighbours": 2}, "dimensions: 2.5d, and dimensions: 2d"),
    (Input, INPUT | {"extent_mm": 80}, {"margin": 0.5}, "a crop around the lesion's box, and a crop of extent_mm"),
    (Network, PRIVATE, {"training": {"gradient_clip": 1.0}}, PLAIN),
    (Network, PRIVATE, {"training": {"precision": "bfloat16"}}, PLAIN),
    (Network, PRIVATE, {"training": {"time_limit_s": 60}}, PLAIN),
    (Network, PRIVATE, {"training": {"memory_limit_mb": 4096}}, PLAIN),
]


@pytest.mark.parametrize(("section", "beside", "unread", "why"), CASES)
def test_what_nothing_reads_is_refused_at_its_line(
    section: type[Section], beside: dict[str, object], unread: dict[str, object], why: str, tmp_path: Path
) -> None:
    (path := tmp_path / "section.yaml").write_text(yaml.safe_dump(beside | unread, sort_keys=False), encoding="utf-8")
    with pytest.raises(MrfedError) as caught:
        document.load(path, section, Code.STUDY_INVALID)
    [place], lines = unread, path.read_text(encoding="utf-8").splitlines()
    if isinstance(inner := unread[place], dict):
        place = f"{place}.{next(iter(inner))}"
    name = place.rpartition(".")[2]
    line = next(number for number, text in enumerate(lines, 1) if text.strip().startswith(f"{name}:"))
    assert str(caught.value) == f"{path}:{line}: {place}: {name} is of {why} does not read it; remove it"


@pytest.mark.parametrize(("section", "beside"), [case[:2] for case in CASES])
def test_defaults_that_are_written_out_pass(section: type[Section], beside: dict[str, object]) -> None:
    made = section.model_validate(beside)
    assert section.model_validate(made.model_dump()) == made


def test_all_that_nothing_reads_is_named_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        Harmonization.model_validate({"method": "none", "mean_only": True, "share": 0.8, "smallest_batch": 4})
    assert [fault["loc"] for fault in caught.value.errors()] == [("share",), ("mean_only",), ("smallest_batch",)]


def test_a_private_network_may_say_that_no_step_is_clipped() -> None:
    made = Network.model_validate(PRIVATE | {"training": {"gradient_clip": None}})
    assert made.training.gradient_clip is None
