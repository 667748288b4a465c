"""Evaluation of a continuous endpoint: exactly at this site for the model, and as sums over all sites for every arm."""

import numpy as np

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.cross_site_evaluation import cross_site_evaluation
from client.exchange.state.explaining import explaining
from client.exchange.state.predictions import Judgement
from shared.arrays import Array
from shared.contract.axes import RECALIBRATION_VALUES
from shared.federation.messages import Question
from shared.metrics.concordance import concordance
from shared.metrics.residuals import ERRORS, GROUPS, OF_GROUP, counted, grouped, residuals, site_sums
from shared.sections.privacy import SiteSums
from shared.step import Step
from shared.study.plan import Arm, Judged, View, judged, views


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums of every arm and view; of the model in the clear too, where there are enough patients.

    Nothing of an arm but the model is told for this site alone, unless the study lets a site's sums be concluded: what
    many models say of the same few patients would tell their outcomes.
    """
    del question
    arms = [_of_arm(run, evaluation) for evaluation in judged(run.study)]
    of_model = [_of_model(run, view) for view in views(run.study)]
    arrays = {name: np.stack([part[name] for part in arms]) for name in arms[0]}
    arrays |= {name: np.stack([part[name] for part in of_model]) for name in of_model[0]}
    return PlaintextAnswer(arrays | cross_site_evaluation(run) | explaining(run))


def _of_arm(run: Run, evaluation: Judged) -> dict[str, Array]:
    p, t = _pair(run, evaluation.arm, evaluation.view, evaluation.repeat)
    ranking, variance, against = concordance(p, t), 0.0, 0.0
    # A frozen model on untouched patients: only there the variance is valid.
    if evaluation.view.frozen and _shown(run, p) and ranking.pairs:
        variance = ranking.variance
        model, both = _pair(run, Arm.MODEL, evaluation.view, evaluation.repeat)
        if len(both) == len(t):
            against = ranking.difference_variance(concordance(model, t))
    return {
        "index_variance": np.array(variance),
        "difference_variance": np.array(against),
        "patients": np.array(float(len(t))),
        "sites": np.array(float(len(t) > 0)),
        "all_u": np.array(ranking.u),
        "all_pairs": np.array(float(ranking.pairs)),
        **site_sums(p, t),
    }


def _of_model(run: Run, view: View) -> dict[str, Array]:
    p, t = _pair(run, Arm.MODEL, view, 0)
    shown = _shown(run, p)
    ranking, sums = concordance(p, t), site_sums(p, t)
    own = residuals(len(t), sums["raw"], sums["within"], 1)
    errors = np.array([own.correlation, own.bias, own.mae, own.rmse**2])
    again = own.recalibration
    slopes = np.array([again.slope, again.slope_standard_error, again.intercept, again.intercept_standard_error, 1.0])
    return {
        "shown": np.array(float(shown)),
        "evaluated": np.array(float(len(t) * shown)),
        "u": np.array(ranking.u * shown),
        "ranked": np.array(float(ranking.pairs * shown)),
        "errors": np.nan_to_num(errors) if shown else np.zeros(len(ERRORS)),
        "recalibration": slopes if shown and np.isfinite(slopes).all() else np.zeros(RECALIBRATION_VALUES),
        "groups": grouped(p, t) if _grouped(run, len(t)) else np.zeros((GROUPS, len(OF_GROUP))),
        "differences": counted(p, t),
    }


def _pair(run: Run, arm: Arm, view: View, repeat: int) -> tuple[Array, Array]:
    """Predicted and observed values of the patients who are evaluated."""
    seen, predicted = run.part(Judgement).evaluated(arm, view, repeat)
    return predicted[seen, 0], run.table.y[seen]


def _least(run: Run) -> int:
    return max(run.study.privacy.minimum_patients, run.approved.approval.policy.minimum_patients, 2)


def _shown(run: Run, predicted: Array) -> bool:
    return len(predicted) >= _least(run)


def _grouped(run: Run, evaluated: int) -> bool:
    """Whether each fifth of this site's patients is a group that may be summed.

    Where the study hides what single sites add, another site has to add to the same sum.
    """
    wanted = GROUPS * _least(run)
    patients = run.agreed(Step.INVENTORY)["patients"]
    other_sites = sum(count >= wanted for site, count in patients.items() if site != run.site.name)
    return evaluated >= wanted and (other_sites > 0 or run.study.privacy.site_sums is SiteSums.DERIVABLE)
