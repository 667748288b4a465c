"""Normalise: sums of the landmarks of images, from which all sites learn one standard histogram."""

from client.answers.draft import Draft
from client.derived.standardising import Standardising
from client.run import Run
from shared import standards
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Sums over the patients of every omission; zeros where it leaves this site out."""
    del question
    return Draft(standards.sums(run.part(Standardising).landmarks, run.included))
