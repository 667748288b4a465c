"""An exactness certificate's matrix of each site's own model at each site, by scikit-learn, SciPy and numpy.

A model is compared with one that scikit-learn trains on the site's rows, where its kind and penalty have such a
reference (`classes.references`); its measures at other sites, with its predictions there.
"""

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np

from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.local_models import LocalModels
from client.exchange.state.predictions import Judgement
from shared.arrays import Array
from shared.metrics.auc import Z_95
from shared.results.evaluation import Transfer
from shared.results.result import Result
from shared.study.plan import Arm, View, targets
from simulations.certificate.classes import measures as of_classes
from simulations.certificate.classes import references
from simulations.certificate.classes.within_sites import newcombe, score_limits
from simulations.certificate.quantity import OPTIMUM, STATISTIC, Held, Quantity, held
from simulations.certificate.regression import measures as of_regression
from simulations.certificate.training import scaled

_FINAL = 0


def local_models(result: Result, runs: Sequence[Run]) -> Iterator[Quantity]:
    """Every site's model on its own patients, and every cell of the matrix.

    Parameters
    ----------
    result : of a run that has finished
    runs : every site's part in it
    """
    if not result.transfers:
        return
    by_site = {run.site.name: run for run in runs}
    trained = [by_site[site] for site in dict.fromkeys(transfer.train for transfer in result.transfers)]
    apart = [differences for differences in map(_against_reference, trained) if differences is not None]
    if apart:
        patients = sum(len(differences) for differences in apart)
        worst = max(float(differences.max()) for differences in apart)
        yield Quantity("each site's own model against scikit-learn", patients, worst, "risk", OPTIMUM)
    cells = [
        pair
        for transfer in result.transfers
        for pair in _cell(transfer, by_site[transfer.train], by_site[transfer.test])
    ]
    unit = "concordance" if result.study.question.endpoint.continuous else "AUC"
    yield held("each site's own model at each site", cells, unit, STATISTIC)


def _against_reference(run: Run) -> Array | None:
    """(n,) how far a model's risks lie from those of scikit-learn's, over the site's own patients."""
    model, learned = run.part(LocalModels).own_model, run.part(LocalModels).trained.learned
    if model is None or run.study.question.endpoint.continuous:
        return None
    chosen = model.features[model.features >= 0]
    z = scaled(run.part(Harmonized).raw[_FINAL][:, chosen])
    penalty = float(learned.penalties[_FINAL, learned.chosen(Arm.MODEL, _FINAL)])
    predict = references.of_study(run.study.model, z, run.table.y, penalty)
    return None if predict is None else np.abs(run.part(LocalModels).risks_by(model) - predict(z)).max(axis=1)


def _cell(transfer: Transfer, train: Run, test: Run) -> Iterator[Held]:
    model = train.part(LocalModels).own_model
    if train is test:  # of folds that had not seen the patients
        predicted = test.part(Judgement).evaluated(Arm.ALONE, View.CROSS_VALIDATION, 0)[1]
    else:
        assert model is not None  # it was shown
        predicted = test.part(LocalModels).risks_by(model)
    y, classes = test.table.y, targets(test.study)
    if test.study.question.endpoint.continuous:
        counted = [of_regression.ranked_pairs(predicted[:, 0], y)]
    else:
        counted = [of_classes.ranked(_order(predicted, target), y == target) for target in classes]
    index = float(np.mean([u / pairs for u, pairs in counted]))
    yield transfer.auc, index
    yield float(transfer.pairs), float(sum(pairs for _, pairs in counted))
    if transfer.interval is None:
        return
    if test.study.question.endpoint.continuous:
        half = Z_95 * sqrt(float((of_regression.influence([(predicted[:, 0], y)])[1] ** 2).sum()))
        yield from ((transfer.interval.low, index - half), (transfer.interval.high, index + half))
    else:
        order = _order(predicted, classes[0])
        spread = of_classes.variance(*of_classes.influence(order, y == classes[0]))
        every = [(counted[0][1], len(y))]
        expected = newcombe(index, every)
        limits = score_limits(index, every, max(spread / expected, 1.0) if expected > 0 else 1.0)
        yield from zip((transfer.interval.low, transfer.interval.high), limits, strict=True)


def _order(risks: Array, target: int) -> Array:
    """(n,) numbers in the order of a risk; far out, where it is one but for rounding, by what is left to one."""
    left = np.delete(risks, target, axis=1).sum(axis=1)
    return np.where(risks[:, target] < 1, risks[:, target], 1 - np.log(np.maximum(left, np.finfo(float).tiny)))
