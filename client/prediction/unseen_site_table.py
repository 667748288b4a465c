"""The table of a hospital that uses a study's result: a row a patient, with ranks, and risks where they are any."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from client.approval import approval
from client.cohort import table as site_table
from client.prediction import kept_effects
from client.prediction.kept_effects import KeptEffects
from client.prediction.unseen_site import join, of_last_class, of_study, ranks, risks, score, values
from client.preparation import second_pass
from client.review.decisions import reviewed
from client.site import tables
from client.site.site_file import Site
from client.site.withdrawal import withdrawn
from shared.results import bundle
from shared.results.empty_model import is_empty
from shared.results.result import Result


@dataclass(frozen=True)
class Written:
    """What a person should know of the table.

    Parameters
    ----------
    patients : rows
    lines : how certain the harmonization is, and what the numbers mean
    """

    patients: int
    lines: tuple[str, ...]


def write(site: Site, result: Result, path: Path, *, raw: bool = False) -> Written:
    """Harmonize an unseen site's patients, rank them, and write the table.

    Parameters
    ----------
    site : the site file
    result : of the study
    path : of the CSV file: patient, batch, rank (1 is the least likely), risk where recalibrated or the value of a
        continuous endpoint, and the harmonized features in their own units
    raw : whether new batches stay as they are

    Raises
    ------
    MrfedError where the hospital's features do not fit the study, or a batch has too few patients.
    """
    study = result.study
    left_out, at_review = withdrawn(site.workspace), reviewed(site.workspace, study.name)
    trained = bundle.of_result(result)
    features = second_pass.of_model(site, trained, site.workers)
    table = site_table.load(site, study, features, left_out, at_review, labelled=False)
    site_table.tell(site, table.left_out, table.merged)
    table = of_study(table, trained)
    joined = join(table, trained, kept(site, result.study_digest), raw=raw)
    logit = score(joined.u, table.features, result)
    frame = pd.DataFrame({"patient": table.patients, "batch": table.batch, "rank": ranks(logit, result)})
    if study.question.endpoint.continuous:
        frame["value"], says = values(logit, table.y, result)
    else:
        risk, says = risks(logit, of_last_class(table.y, result), result)
        if np.isfinite(risk).any():
            frame["risk"] = risk
    harmonized = pd.DataFrame(joined.x, columns=list(table.features))
    tables.write(pd.concat([frame, harmonized], axis=1), path)
    return Written(len(frame), (says, *joined.certainty) if is_empty(result.model) else (*joined.certainty, says))


def kept(site: Site, digest: str) -> KeptEffects | None:
    """What this hospital found about its own scanners, where it took part in the study of this digest."""
    approved = approval.latest(site.workspace, digest)
    return kept_effects.find(approved.folder) if approved is not None else None
