"""Description: how many patients of each class there are together, and which features and covariates vary."""

import numpy as np

from client.cohort.batches import joined_here
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from harmonization.federated import site_totals
from harmonization.joint import FEWEST_SITES
from shared.arrays import Array
from shared.contract.describe import CENTRED, TRANSFORMED
from shared.errors import Code, MrfedError
from shared.federation.messages import Question
from shared.privacy.disclosure_rules import require_few_deals
from shared.step import Step
from shared.study.plan import training_sites


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Class totals, and within-batch sums of squares of features and covariates, only as sums over all sites."""
    del question
    _require_shared(run)
    patients = run.agreed(Step.INVENTORY)["patients"]
    require_few_deals(run.approved.approval.policy, run.study, patients, len(run.table.y), run.site.name)
    cohort = run.part(Harmonized).cohort
    classes = max(len(run.study.question.endpoint.classes), 1)
    totals = site_totals(cohort.x, cohort.batch, cohort.z, _gaps(cohort.x))
    centred, transformed = (axis.length(run.facts) for axis in (CENTRED, TRANSFORMED))
    return PlaintextAnswer(
        {
            "class_totals": np.bincount(run.kind, minlength=classes).astype(float),
            "spread_squares": totals.sxx,
            "szz": totals.szz,
            "missing": np.isnan(run.table.variants or [cohort.x]).any(axis=0).sum(axis=0).astype(float),
            "sum_x": np.repeat(totals.sum_x[None], centred, axis=0),
            "sum_z": np.repeat(totals.sum_z[None], centred, axis=0),
            **_for_normalizing(run, transformed),
        }
    )


def _for_normalizing(run: Run, transformed: int) -> dict[str, Array]:
    """Sums of the training patients of every fit, from which everybody takes where features lie."""
    harmonized = run.part(Harmonized)
    parts = [harmonized.cohort_of(fit)[run.trains(fit)] for fit in (run.fits if transformed else ())]
    of_fits = [site_totals(part.x, part.batch, part.z, _gaps(part.x)) for part in parts]
    nothing = np.zeros((0, len(run.fits), len(run.table.features)))

    def named(sums: list[Array]) -> Array:
        return np.stack(sums)[None] if transformed else nothing

    return {
        "straight_values": named([sums_of_fit.feature_count for sums_of_fit in of_fits]),
        "straight_sums": named([sums_of_fit.sum_x for sums_of_fit in of_fits]),
        "straight_squares": named([sums_of_fit.sxx for sums_of_fit in of_fits]),
    }


def _gaps(x: Array) -> Array:
    """Which features some patient of a table lacks."""
    return np.flatnonzero(np.isnan(x).any(axis=0))


def _require_shared(run: Run) -> None:
    """Refuse to add to sums of a joined scanner that too few sites have.

    Raises
    ------
    MrfedError (`REFUSED`) with the scanner and its sites.
    """
    holders: dict[str, list[str]] = run.agreed(Step.INVENTORY)["joined"]
    training = training_sites(run.study, run.roster)
    least = max(FEWEST_SITES, run.approved.approval.policy.minimum_sites)
    for scanner, sites in holders.items():
        if sites and len(set(sites) & set(training)) < least:
            raise MrfedError(
                Code.REFUSED,
                f"{run.study.name}: scanner {scanner} would be joined across {len(sites)} sites; here the minimum is "
                f"{least}. Keep it apart (harmonization.joined), or ask more sites",
            )
    if set(holders) != set(run.study.harmonization.joined):
        raise MrfedError(Code.REFUSED, f"{run.study.name}: other scanners are joined than the study names")
    for scanner in joined_here(run.study.harmonization, run.batch):
        if run.site.name in training and run.site.name not in holders[scanner]:
            raise MrfedError(
                Code.REFUSED, f"{run.study.name}: {scanner} is at this site, though the coordinator says that it is not"
            )
