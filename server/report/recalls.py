"""How many patients of each class are called rightly: of all, at each site, and by make of scanner."""

import numpy as np

from server.journal import Exchange
from shared.arrays import Array
from shared.metrics.multiclass import recall
from shared.results.evaluation import ClassCalls, Recall
from shared.sections.vendors import NAMES
from shared.study.plan import views
from shared.study.study import Study


def recalls(roster: tuple[str, ...], study: Study, exchange: Exchange) -> tuple[ClassCalls, ...]:
    """Confusion matrix and recalls of the model in every view.

    Parameters
    ----------
    roster : sites that were there
    study : the study
    exchange : the evaluation
    """
    calls = []
    for index, view in enumerate(views(study)):
        matrix = np.rint(exchange.totals["class_calls"][index]).astype(int)
        of_sites = {site: np.rint(exchange.clear[site]["own_calls"][index]).astype(int) for site in roster}
        of_makes = dict(zip(NAMES, np.rint(exchange.totals["vendor_calls"][index]).astype(int), strict=True))
        calls.append(
            ClassCalls(
                view=view,
                matrix=tuple(map(tuple, matrix.tolist())),
                overall=_recall("all", matrix),
                sites=tuple(_recall(site, confusion) for site, confusion in of_sites.items()),
                vendors=tuple(_recall(name, confusion) for name, confusion in of_makes.items() if confusion.any()),
            )
        )
    return tuple(calls)


def _recall(where: str, matrix: Array) -> Recall:
    return Recall(where=where, patients=tuple(matrix.sum(axis=1).tolist()), recall=tuple(recall(matrix).tolist()))
