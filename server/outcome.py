"""The outcome of a run, by the purpose of its study: a result, a result with noise, or a survey."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.conduct import conduct
from server.federation import Federation
from server.report import noisy as noisy_page
from server.report import page as result_page
from server.report import survey as survey_page
from server.report.card import card
from server.report.picture import Picture
from server.report.writing import write as write_report
from server.results.noisy_result import NoisyResult
from server.results.survey import Survey
from server.stages.noisy import noisy
from server.stages.survey import survey
from shared.federation import signed_result
from shared.results import bundle
from shared.results.result import Result
from shared.study.study_sections import Purpose

JOURNAL = "journal"
"""Folder, within that of a run, in which its exchanges are kept."""

Outcome = Result | NoisyResult | Survey


def carry_out(federation: Federation) -> Outcome:
    """Run a study by the schedule that its purpose asks for, or continue it.

    Parameters
    ----------
    federation : the sites, the study and the journal

    Raises
    ------
    MrfedError with what went wrong and where; the run can be resumed.
    """
    study = federation.study
    if study.purpose is Purpose.FEASIBILITY:
        return survey(federation)
    if study.privacy.noise is not None:
        return noisy(federation)
    return conduct(federation)


def write(outcome: Outcome, folder: Path, key: Ed25519PrivateKey, pictures: Sequence[Picture] = ()) -> Path:
    """Write the report, the numbers under the coordinator's signature, and the model where there is one.

    Parameters
    ----------
    outcome : of a run
    folder : where to
    key : the coordinator's identity
    pictures : of simulated patients, for the report of a result

    Returns
    -------
    path of the report
    """
    if isinstance(outcome, Result):
        report = result_page.write(outcome, folder, pictures)
        files = bundle.beside(folder / JOURNAL)
        bundle.write(folder / bundle.NAME, bundle.of_result(outcome), card(outcome), key, files)
    else:
        html = noisy_page.render(outcome) if isinstance(outcome, NoisyResult) else survey_page.render(outcome)
        report = write_report(outcome, html, folder)
    signed_result.seal(folder, key)
    return report
