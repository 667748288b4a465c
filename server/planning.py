"""Feasibility studies, which come before a study."""

from shared.study.study import Study
from shared.study.study_sections import Purpose

_SUFFIX = "-feasibility"


def feasibility_of(planned: Study) -> Study:
    """The study that counts what the sites of a planned one could bring, without training.

    Parameters
    ----------
    planned : the study whose question, sequences, maps, minimum of patients and sites it takes over
    """
    return planned.model_copy(
        update={
            "name": planned.name[: 63 - len(_SUFFIX)] + _SUFFIX,
            "title": f"Feasibility: {planned.title}",
            "purpose": Purpose.FEASIBILITY,
        }
    )
