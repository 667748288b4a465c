"""Which class the model calls each patient, counted: at this site, and by make of scanner."""

import numpy as np

from client.exchange.run import Run
from client.exchange.state.predictions import Judgement
from client.exchange.state.thresholds import thresholds
from shared.arrays import Array
from shared.metrics.multiclass import confusion_matrix
from shared.sections.vendors import NAMES, vendor_of
from shared.study.plan import Arm, Judged, View, views


def class_calls(run: Run) -> dict[str, Array]:
    """Patients by class and by the class that the study's model calls them, in every view.

    Of two classes the second is called from the threshold that was chosen in training, of more the most probable one.
    """
    classes = max(len(run.study.question.endpoint.classes), 1)
    least = run.study.privacy.minimum_patients
    vendor = np.array([vendor_of(scanner) for scanner in run.table.scanner], dtype=np.int64)
    everybody, own, by_vendor = [], [], []
    for view in views(run.study):
        seen, called = _called(run, view)
        kind, make = run.kind[seen], vendor[seen]
        whole = confusion_matrix(called, kind, classes)
        of_make = [
            _shown(confusion_matrix(called[make == vendor_number], kind[make == vendor_number], classes), least)
            for vendor_number in range(len(NAMES))
        ]
        everybody.append(whole)
        own.append(_shown(whole, least))
        by_vendor.append(np.stack(of_make))
    return {
        "class_calls": np.stack(everybody).astype(float),
        "own_calls": np.stack(own).astype(float),
        "vendor_calls": np.stack(by_vendor).astype(float),
    }


def _called(run: Run, view: View) -> tuple[Array, Array]:
    """(n,) who is evaluated, and the class that each of them is called."""
    seen, risks = run.part(Judgement).evaluated(Arm.MODEL, view, 0)
    if risks.shape[1] != 2:
        return seen, risks[seen].argmax(axis=1)
    evaluation = Judged(Arm.MODEL, view, 0, 1)
    return seen, (risks[seen, 1] >= thresholds(run, evaluation)[seen]).astype(np.int64)


def _shown(matrix: Array, least: int) -> Array:
    """Rows of classes with enough patients; the others 0."""
    return np.asarray(matrix * (matrix.sum(axis=1) >= least)[:, None])
