"""Enrolment: who this site is, and the public key of its masks."""

from importlib.metadata import version

from client.exchange.answers import inventory, survey
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.readiness import require_rules_kept
from client.exchange.run import Run
from client.site.keys import Trust
from shared.contract.schedule import schedule
from shared.federation import masking_keys
from shared.federation.messages import Question
from shared.step import Step
from shared.study.study_sections import Purpose

SOFTWARE = ("mrfed", "flwr", "numpy", "scipy", "pyradiomics-bhklab", "SimpleITK", "torch", "monai")
"""Packages whose versions bear on the numbers."""


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Name, versions and the public key of this run; a site that could not go on says so now."""
    if schedule(run.study).steps[1] in (Step.VOXELS, Step.NOISY_SUMS):
        require_rules_kept(run, run.people)
    if run.study.purpose is Purpose.FEASIBILITY:
        survey.answer(run, question)  # raises, as below
    if schedule(run.study).begins_with_features:
        inventory.answer(run, question)  # raises: the study can go on without this site now, and not later
    announced = masking_keys.announce(
        Trust(run.site).key,
        run.masking_key.public_key().public_bytes_raw(),
        run.approved.roster,
        run=run.name,
        site=run.site.name,
    )
    return PlaintextAnswer(
        texts={
            "site": run.site.name,
            "software": {name: version(name) for name in SOFTWARE},
            "masking_key": announced.model_dump(),
        }
    )
