"""What a run ends in, by the purpose of its study, written down: a result, a result with noise, or a survey."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.report import noisy as noisy_page
from server.report import page as result_page
from server.report import survey as survey_page
from server.report.card import card
from server.report.picture import Picture
from server.report.writing import write as write_report
from server.results.noisy_result import NoisyResult
from server.stages.conclude import Outcome
from shared.federation import signed_result
from shared.results import bundle
from shared.results.result import Result

JOURNAL = "journal"
"""Folder, within that of a run, in which its exchanges are kept."""


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
