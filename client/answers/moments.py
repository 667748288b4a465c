"""Moments of the harmonised features over the training patients of every fit, together and by class."""

import numpy as np

from client.answers.draft import Draft
from client.harmonise import common_scale
from client.run import Run
from shared.arrays import Array
from shared.sections.privacy import SiteSums
from shared.value_histogram import BINS, count


def answer(run: Run) -> Draft:
    """Sums and sums of squares; distributions where the study lets a site's sums be concluded."""
    classes = len(run.study.question.endpoint.classes)
    u, y = run.harmonised.u, run.table.y
    trains = np.stack([run.trains(fit) for fit in run.fits])
    of_class = trains[:, None, :] & (y == np.arange(classes)[:, None])
    arrays: dict[str, Array] = {
        "class_totals": of_class.sum(axis=2).astype(float),
        "sum_uu": np.einsum("kn,knf->kf", trains.astype(float), u**2),
        "class_sums": np.einsum("kcn,knf->kcf", of_class.astype(float), u),
    }
    if run.study.privacy.site_sums is SiteSums.DERIVABLE:
        final = 0  # the fit of all patients comes first
        arrays["before"] = count(common_scale(run.table.x, run.consensus.fit(final)))
        arrays["after"] = count(u[final])
    return Draft(arrays, sizes={"value_bins": BINS})
