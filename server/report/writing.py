"""How every report is made and written: one HTML file without script or request, and its numbers beside it."""

import json
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel

from server.report import words
from shared.files import durable_file
from shared.results.result import NOTICES
from shared.study.study import Study

_WORDS = ("decimal", "signed", "percent", "whole", "size", "digest", "p_value")


def page(template: str, study: Study, content: Mapping[str, object]) -> str:
    """HTML from a template of this folder; equal content gives equal bytes.

    Parameters
    ----------
    template : file name
    study : that is reported, `study` in the template; counts under its minimum are not shown
    content : what else the template names
    """
    environment = Environment(
        loader=PackageLoader("server.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {name: getattr(words, name) for name in _WORDS}
    environment.filters["count_if_told"] = words.count_if_told
    environment.filters["count"] = lambda n: words.count(n, study.privacy.minimum_patients)
    environment.filters["figure"] = Markup  # our own drawings, whose words are escaped where they are drawn
    known = {"study": study, "notice": NOTICES[study.question.patients]}
    return environment.get_template(template).render(known | dict(content))


def write(numbers: BaseModel, html: str, folder: Path) -> Path:
    """Write `result.json` and `report.html`, each whole or not at all.

    Parameters
    ----------
    numbers : the result
    html : its page
    folder : where to

    Returns
    -------
    path of the page
    """
    durable_file.write(folder / "result.json", readable(numbers.model_dump(mode="json")).encode(), 0o644)
    report = folder / "report.html"
    durable_file.write(report, html.encode(), 0o644)
    return report


def readable(content: Mapping[str, object]) -> str:
    """JSON with a line for each part and each item of a list: a person can look through it, numbers have no lines.

    Parameters
    ----------
    content : names and what JSON has words for, no NaN
    """

    def compact(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    def part(value: object) -> str:
        if not isinstance(value, list) or not value or not isinstance(value[0], dict):
            return compact(value)
        return "[\n  " + ",\n  ".join(map(compact, value)) + "\n ]"

    return "{\n " + ",\n ".join(f"{compact(name)}: {part(value)}" for name, value in content.items()) + "\n}\n"
