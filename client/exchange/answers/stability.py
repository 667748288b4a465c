"""Stability: sums of squares of patients who were measured several times, and the site's vote on every feature."""

import numpy as np

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.quality import repeated_measurements
from client.quality.repeated_measurements import stability_file
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.federation.messages import Question
from shared.sections.stability import Stability
from shared.training.stability import measurements as times
from shared.training.stability import of_site


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums over the measured patients who enter the study, for every omission; zeros where it leaves this site out.

    Raises
    ------
    MrfedError where nobody was measured, too few were, or otherwise than the study asks.
    """
    del question
    section = run.study.stability
    assert section is not None
    if not any(run.included):  # nobody needs to have been measured where nothing is voted on
        return _weighed(run, np.full((0, times(section), len(run.table.features)), np.nan), section, 2)
    path = stability_file(run.site, run.study, readers=section.source == "readers")
    measured = repeated_measurements.read(path, f"mrfed-site stability {run.study.name}").of(
        run.table.patients.tolist()
    )
    least = max(run.study.privacy.minimum_patients, run.approved.approval.policy.minimum_patients, 2)
    if len(measured.patients) < least:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS,
            f"site {run.site.name}: {len(measured.patients)} patients of the study were measured several times, and "
            f"the minimum is {least}; run mrfed-site stability with more --patients",
        )
    if measured.values.shape[1] != times(section):
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"site {run.site.name}: patients were measured {measured.values.shape[1]} times, the study asks for "
            f"{times(section)}; run mrfed-site stability again",
        )
    return _weighed(run, measured.aligned(run.table.features), section, least)


def _weighed(run: Run, values: Array, section: Stability, least: int) -> PlaintextAnswer:
    own, included = of_site(values, section, least).arrays(), np.array(run.included, dtype=np.float64)
    return PlaintextAnswer({name: np.multiply.outer(included, sums) for name, sums in own.items()})
