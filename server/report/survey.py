"""The page of a feasibility study, and its numbers."""

import json
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from server.report import words
from shared import durable_file
from shared.result import NOTICES
from shared.survey import Survey


def render(survey: Survey) -> str:
    """HTML of a survey; equal surveys give equal bytes."""
    environment = Environment(
        loader=PackageLoader("server.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {name: getattr(words, name) for name in ("decimal", "percent", "digest")}
    environment.filters["count"] = lambda n: words.count(n, survey.study.privacy.minimum_patients)
    study = survey.study
    return environment.get_template("survey.html.j2").render(
        survey=survey,
        study=study,
        notice=NOTICES[study.question.patients],
        classes=[one.name for one in study.question.endpoint.classes],
        sequences=study.imaging.sequences if study.imaging is not None else (),
    )


def write(survey: Survey, folder: Path) -> Path:
    """Write `report.html` and `result.json`, each whole or not at all; returns the report's path."""
    content = json.dumps(survey.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
    durable_file.write(folder / "result.json", content.encode() + b"\n", 0o644)
    report = folder / "report.html"
    durable_file.write(report, render(survey).encode(), 0o644)
    return report
