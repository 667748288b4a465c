"""The command that brings this hospital's patients onto a study's scale, and the spelling it once had."""

from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from client.cli import app


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_former_spelling_runs_the_same_command_and_says_that_it_goes(tmp_path: Path) -> None:
    missing = str(tmp_path / "result.json")
    now, before = run("harmonize", missing), run("harmonise", missing)
    assert now.exit_code == before.exit_code == 1
    assert missing in now.stderr
    assert before.stderr.endswith(now.stderr)
    assert "'harmonise' is deprecated" in before.stderr


def test_help_names_one_spelling_only() -> None:
    help_text = run("--help").stdout
    assert "harmonize" in help_text
    assert "harmonise" not in help_text
