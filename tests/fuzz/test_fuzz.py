"""Two thousand bad inputs for every parser of foreign bytes; `make fuzz` tries a hundred thousand."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.mutation import inputs
from tests.fuzz.targets import TARGETS

INPUTS = 2000


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_a_parser(name: str) -> None:
    """In a process of its own, which an input may take down."""
    command = [sys.executable, "-m", "tests.fuzz", name, "--inputs", str(INPUTS), "--drawn"]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert f"{name}: {INPUTS} inputs drawn" in done.stdout


def test_the_same_inputs_are_tried_every_time_and_none_is_a_seed() -> None:
    drawn = list(inputs([b"0123456789" * 20], 200, 7))
    assert drawn == list(inputs([b"0123456789" * 20], 200, 7))
    assert len(set(drawn)) > 150
