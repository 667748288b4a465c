"""Linear models of classes and numbers, against scikit-learn and the conditions of their optimum."""

import numpy as np
from scipy.special import expit
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.svm import LinearSVC

from shared.models.elastic_net import breach
from tests.study_of_tables import Finished
from tests.validation.learning_references.compared import Compared


def logistic(done: Finished) -> Compared:
    def coefficients(task: int) -> float:
        z, y = done.pooled(task)
        reference = LogisticRegression(C=done.study.model.c, solver="newton-cholesky", tol=1e-13, max_iter=500)
        expected = np.concatenate([reference.fit(z, y).intercept_, reference.coef_[0]])
        return float(np.abs(done.trainer.coefficients[task, 0] - expected).max() / np.abs(expected).max())

    yield "coefficients, scikit-learn LogisticRegression (L2)", done.worst(coefficients), 1e-6


def lasso(done: Finished) -> Compared:
    ratio = done.study.model.l1_ratio

    def conditions(task: int) -> float:
        z, y = done.pooled(task)
        design, at = np.concatenate([np.ones((len(z), 1)), z], axis=1), done.trainer.coefficients[task]
        gradient = (expit(at @ design.T) - y) @ design / len(y)
        penalty = done.learned.penalties[task]
        return float(breach(gradient, at, ratio * penalty, (1 - ratio) * penalty).max())

    yield (
        f"optimality conditions (KKT) on the pooled table, {done.study.model.penalties} penalties",
        done.worst(conditions),
        1e-8,
    )
    z, y = done.pooled(0)
    differences, sets = [], 0
    for place in (3, 9, 19):
        c = 1 / (len(y) * done.learned.penalties[0, place])
        reference = LogisticRegression(C=c, l1_ratio=ratio, solver="saga", tol=1e-12, max_iter=200_000).fit(z, y)
        ours = done.trainer.coefficients[0, place]
        differences.append(np.abs(ours[1:] - reference.coef_[0]).max())
        sets += int(((ours[1:] != 0) != (np.abs(reference.coef_[0]) > 1e-9)).sum())
    yield "coefficients, scikit-learn LogisticRegression (saga)", float(max(differences)), 1e-6
    yield "features selected otherwise than by scikit-learn", float(sets), 0


def elastic_net(penalty: float, n: int, ratio: float) -> ElasticNet:
    del n
    return ElasticNet(alpha=penalty, l1_ratio=ratio, tol=1e-14, max_iter=1_000_000)


def regression(reference, tolerance: float):  # type: ignore[no-untyped-def]
    """Coefficients in the endpoint's unit, at every penalty of the path, against a scikit-learn model of it."""

    def compared(done: Finished) -> Compared:
        endpoint, worst, breaches = done.study.question.endpoint, [], []
        ratio = done.study.model.l1_ratio
        for task in done.tasks:
            parts = done.rows(task)
            z = np.concatenate([one[:, 1:] for one, _ in parts])
            y = endpoint.middle + endpoint.half_range * np.concatenate([one for _, one in parts])
            ours = done.trainer.coefficients[task] * endpoint.half_range
            ours[:, 0] += endpoint.middle
            off = ours[:, 1:] @ z.T + ours[:, :1] - y
            gradient = np.concatenate([off.mean(axis=1, keepdims=True), off @ z / len(y)], axis=1)
            penalty = done.learned.penalties[task]
            breaches.append(breach(gradient, ours, ratio * penalty, (1 - ratio) * penalty).max())
            for place, value in enumerate(penalty.tolist()):
                fitted = reference(value, len(y), ratio).fit(z, y)
                expected = np.concatenate([[fitted.intercept_], fitted.coef_])
                worst.append(np.abs(ours[place] - expected).max() / np.abs(expected).max())
        yield f"coefficients, scikit-learn {type(fitted).__name__}", float(max(worst)), tolerance
        yield "optimality conditions (KKT) on the pooled table", float(max(breaches)), 1e-8

    return compared


def svm(done: Finished) -> Compared:
    def coefficients(task: int) -> float:
        z, y = done.pooled(task)
        reference = LinearSVC(C=done.study.model.c, dual=False, tol=1e-12, max_iter=100_000).fit(z, y)
        expected = np.concatenate([reference.intercept_, reference.coef_[0]])
        return float(np.abs(done.trainer.coefficients[task, 0] - expected).max() / np.abs(expected).max())

    yield "coefficients, scikit-learn LinearSVC", done.worst(coefficients), 1e-6
