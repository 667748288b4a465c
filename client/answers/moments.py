"""Moments of the harmonised features over the training patients of every fit, together and by class."""

import numpy as np

from client.answers.draft import Draft
from client.derived.harmonised import Harmonised
from client.harmonise import common_scale
from client.run import Run
from harmonization.assess import Patients, TableSums, axes, table_sums
from shared.arrays import Array
from shared.messages import Question
from shared.plan import Arm, feature_arms, outer_fits
from shared.sections.privacy import SiteSums
from shared.value_histogram import BINS, count


def answer(run: Run, question: Question) -> Draft:
    """Sums and sums of squares; distributions where the study lets a site's sums be concluded."""
    del question
    final = 0  # the fit of all patients comes first
    harmonised, kind = run.part(Harmonised), run.kind
    classes, incomplete = max(len(run.study.question.endpoint.classes), 1), harmonised.incomplete
    trains = np.stack([run.trains(fit) for fit in run.fits])
    of_class = (trains[:, None, :] & (kind == np.arange(classes)[:, None])).astype(float)
    of_arms = [harmonised.u if arm is Arm.MODEL else harmonised.raw for arm in feature_arms(run.study)]
    outer = trains[: len(outer_fits(run.study, run.roster))].astype(float)
    arrays: dict[str, Array] = {
        "class_totals": np.concatenate([of_class.sum(axis=2)] * len(of_arms)),
        "sum_uu": np.concatenate(
            [np.einsum("kn,knf->kf", trains.astype(float), np.nan_to_num(u) ** 2) for u in of_arms]
        ),
        "class_sums": np.concatenate([np.einsum("kcn,knf->kcf", of_class, np.nan_to_num(u)) for u in of_arms]),
        "present": np.concatenate(
            [np.einsum("kcn,knm->kcm", of_class, ~np.isnan(u[:, :, incomplete])) for u in of_arms]
        ),
        "extra_sums": outer @ run.extras,
        "extra_squares": outer @ run.extras**2,
    }
    before = common_scale(harmonised.straight(final).x, harmonised.agreed.consensus.fit(final))
    tables = {"before": before, "after": harmonised.u[final]}
    arrays |= _assessed(run, list(tables.values()))
    if run.study.privacy.site_sums is SiteSums.DERIVABLE:
        arrays |= {name: count(values) for name, values in tables.items()}
    return Draft(arrays, sizes={"value_bins": BINS, "incomplete": len(incomplete), **axes(_declared(run), classes)})


def _assessed(run: Run, tables: list[Array]) -> dict[str, Array]:
    """Sums over all patients, of each table, from which the coordinator sees what still tells the sites apart."""
    # In units near one, as the features are: the tests do not depend on them.
    declared = slice(_declared(run))
    z = np.ldexp(run.part(Harmonised).cohort.z[:, declared], -run.scales.covariate_spread[declared])
    label = (run.table.y[:, None] == np.arange(1, len(run.study.question.endpoint.classes))).astype(float)
    patients = Patients(run.table.scanner, z, label)
    incomplete = run.part(Harmonised).incomplete
    sums = [table_sums(values, patients, incomplete).arrays() for values in tables]
    return {name: np.stack([one[name] for one in sums]) for name in TableSums.__dataclass_fields__}


def _declared(run: Run) -> int:
    """How many columns of covariates come before those of an endpoint that is kept."""
    return len(run.columns) - len(run.study.endpoint_columns)
