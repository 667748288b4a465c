"""The section of a network's form has what the form reads and nothing else, and says so where it stands."""

from pathlib import Path

import pytest

from shared.errors import MrfedError
from shared.networks.registry import BODIES
from shared.sections.network import FORMS, STRATEGIES, Input, Network, ResNet10, SmallCnn
from shared.strategies.registry import REGISTRY
from shared.study import study as study_file


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (
            "  architecture:\n    name: densenet121\n    width: 8\n",
            ":5: network.architecture.width: width is of name: resnet10, small_cnn, temporal, and name: densenet121 ",
        ),
        (
            "  architecture:\n    name: mlp\n    variables: [age]\n    norm: batch\n",
            ":6: network.architecture.norm: norm is of name: densenet121, resnet10, small_cnn, temporal, and name: mlp",
        ),
        (
            "  strategy:\n    name: fedavg\n    mu: 0.1\n",
            ":5: network.strategy.mu: mu is of name: fedprox, and name: fedavg does not read it; remove it",
        ),
        ("  architecture:\n    name: vgg\n", ":4: network.architecture.name: vgg is unknown; use one of resnet10, den"),
    ],
)
def test_what_is_wrong_in_a_network_is_said_at_its_line(section: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(f"network:\n  input: {{channels: [early]}}\n{section}", encoding="utf-8")
    with pytest.raises(MrfedError) as caught:
        study_file.load(path)
    assert expected in str(caught.value)


def test_every_form_and_strategy_has_a_section_and_is_there() -> None:
    assert set(FORMS) == set(BODIES)
    assert set(STRATEGIES) == set(REGISTRY)


def test_a_network_is_a_residual_one_where_no_form_is_named() -> None:
    read = Network.model_validate({"input": {"channels": ["early"]}, "architecture": {"width": 8}})
    assert read == Network(input=Input(channels=("early",)), architecture=ResNet10(width=8))
    assert Network.model_validate(read.model_dump()) == read
    assert not ResNet10().keeps_patients_apart
    assert SmallCnn().keeps_patients_apart
    assert not SmallCnn(norm="batch").keeps_patients_apart
