"""The built wheel works from an empty directory: commands, studies, templates."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.processes, pytest.mark.slow]


def test_the_wheel_carries_its_data_and_its_commands(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("mrfed-*.whl")
    target, empty = tmp_path / "site", tmp_path / "empty"
    subprocess.run([*pip, "install", "--no-deps", "--target", str(target), str(wheel)], check=True)
    empty.mkdir()
    code = (
        "import shared.study.study as s, server.report.page as p, pathlib; "
        "assert s.load(s.find(pathlib.Path('demo'))).name == 'demo'; "
        "assert not str(pathlib.Path(p.__file__)).startswith('ROOT'); "
        "from simulations import scenario; print(scenario.load('demo').name)"
    ).replace("ROOT", str(ROOT / "server"))
    environment = {**os.environ, "PYTHONPATH": str(target)}
    out = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=empty, env=environment, capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stderr
    assert out.stdout.strip() == "demo"
    for command in ("mrfed-site", "mrfed-coordinator", "mrfed-simulate"):
        shown = subprocess.run(
            [sys.executable, "-P", str(target / "bin" / command), "--help"],
            cwd=empty,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Usage" in shown.stdout, shown.stderr
