"""The page of a feasibility study."""

from server.report.writing import page
from server.results.survey import Survey


def render(survey: Survey) -> str:
    """HTML of a survey; equal surveys give equal bytes."""
    study = survey.study
    content = {
        "survey": survey,
        "classes": [category.name for category in study.question.endpoint.classes],
        "sequences": study.imaging.sequences if study.imaging is not None else (),
    }
    return page("survey.html.j2", study, content)
