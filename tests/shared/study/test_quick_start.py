"""A typing error in a study file is reported before anything heavy is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "pandas", "scipy.special", "flwr", "numba", "SimpleITK", "sklearn", "pydicom")
SCRIPT = """
import sys
from typer.testing import CliRunner
from {module}.cli import app
outcome = CliRunner().invoke(app, {arguments!r})
print(outcome.exit_code, outcome.output)
print("loaded:", [name for name in {heavy!r} if name in sys.modules])
"""


@pytest.mark.processes
@pytest.mark.parametrize(
    ("module", "command", "options"),
    [
        ("simulations", "run", ["--cohort", "cohort", "--out", "out"]),
        ("simulations", "compare", ["--cohort", "cohort", "--out", "out"]),
        ("client", "check", []),
        ("client", "prepare", []),
        ("client", "approve", ["--roster", "roster.yaml"]),
        ("server", "lock", []),
    ],
)
def test_a_typing_error_is_reported_before_libraries_are_loaded(
    module: str, command: str, options: list[str], tmp_path: Path
) -> None:
    study, site = tmp_path / "study.yaml", tmp_path / "site.yaml"
    study.write_text("name: typo\ntitel: typo\n")
    site.write_text("name: a\ndata: {features: features.csv}\n")
    given = [command, str(study), *options, *(["--site", str(site)] if module == "client" else [])]
    script = SCRIPT.format(module=module, arguments=given, heavy=HEAVY)
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "titel" in found.stdout
    assert "loaded: []" in found.stdout
