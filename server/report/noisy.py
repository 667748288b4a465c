"""The page of a study with noise, and its numbers."""

import json
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from server.report import words
from shared import durable_file
from shared.noisy_result import NoisyResult
from shared.result import NOTICES


def render(result: NoisyResult) -> str:
    """HTML of a result with noise; equal results give equal bytes."""
    environment = Environment(
        loader=PackageLoader("server.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {name: getattr(words, name) for name in ("decimal", "digest")}
    study = result.study
    return environment.get_template("noisy.html.j2").render(
        result=result, study=study, spent=result.spent, notice=NOTICES[study.question.patients]
    )


def write(result: NoisyResult, folder: Path) -> Path:
    """Write `report.html` and `result.json`, each whole or not at all; returns the report's path."""
    content = json.dumps(result.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
    durable_file.write(folder / "result.json", content.encode() + b"\n", 0o644)
    report = folder / "report.html"
    durable_file.write(report, render(result).encode(), 0o644)
    return report
