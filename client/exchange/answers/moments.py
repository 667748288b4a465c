"""Moments of the harmonized features over the training patients of every fit, together and by class."""

import numpy as np

from client.cohort.harmonize import common_scale
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.learning import Learning
from harmonization.assess import Patients, TableSums, table_sums
from shared.arrays import Array
from shared.federation.messages import Question
from shared.metrics.value_histogram import count
from shared.sections.privacy import SiteSums
from shared.study.plan import outer_fits


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums and sums of squares; distributions where the study lets a site's sums be concluded."""
    del question
    final = 0  # the fit of all patients comes first
    harmonized = run.part(Harmonized)
    outer = np.stack([run.trains(fit) for fit in outer_fits(run.study, run.roster)]).astype(float)
    arrays: dict[str, Array] = {
        **run.part(Learning).moments(harmonized.incomplete),
        "extra_sums": outer @ run.extras,
        "extra_squares": outer @ run.extras**2,
    }
    before = common_scale(harmonized.normalized(final).x, harmonized.agreed.consensus.fit(final))
    tables = {"before": before, "after": harmonized.u[final]}
    arrays |= _assessed(run, list(tables.values()))
    if run.study.privacy.site_sums is SiteSums.DERIVABLE:
        arrays |= {name: count(values) for name, values in tables.items()}
    return PlaintextAnswer(arrays)


def _assessed(run: Run, tables: list[Array]) -> dict[str, Array]:
    """Sums over all patients, of each table, from which the coordinator sees what still tells the sites apart."""
    # In units near one, as the features are: the tests do not depend on them.
    declared = slice(_declared(run))
    z = np.ldexp(run.part(Harmonized).cohort.z[:, declared], -run.scales.covariate_spread[declared])
    label = (run.table.y[:, None] == np.arange(1, len(run.study.question.endpoint.classes))).astype(float)
    patients = Patients(run.table.scanner, z, label)
    incomplete = run.part(Harmonized).incomplete
    sums = [table_sums(values, patients, incomplete).arrays() for values in tables]
    return {name: np.stack([of_table[name] for of_table in sums]) for name in TableSums.__dataclass_fields__}


def _declared(run: Run) -> int:
    """How many columns of covariates come before those of an endpoint that is kept."""
    return len(run.columns) - len(run.study.endpoint_columns)
