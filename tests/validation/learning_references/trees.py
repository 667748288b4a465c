"""Trees: boosted on the pooled table, and joined from the sites' own."""

import json

import numpy as np
import xgboost
from flwr.serverapp.strategy.strategy_utils import aggregate_bagging
from sklearn.ensemble import RandomForestClassifier

from client.exchange.state.learning import Learning
from shared.models.trees import normal_bins
from tests.study_of_tables import Finished
from tests.validation.learning_references.compared import Compared


def _settings(done: Finished, rate: float) -> dict[str, object]:
    model = done.study.model
    return {
        "objective": "binary:logistic",
        "tree_method": "exact",
        "max_depth": model.depth,
        "eta": rate,
        "lambda": model.l2,
        "min_child_weight": 1e-3,
        "nthread": 1,
    }


def boosting(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    model = done.study.model
    binned = xgboost.DMatrix(normal_bins(z, model.bins), label=y)
    settings = {**_settings(done, model.learning_rate), "base_score": y.mean()}
    risk = xgboost.train(settings, binned, num_boost_round=model.trees).predict(binned)
    return np.stack([1 - risk, risk], axis=1)


def bagged(done: Finished) -> Compared:
    """Flower's own aggregation of XGBoost's own files, round by round."""
    model = done.study.model

    def difference(task: int) -> float:
        parts = [(xgboost.DMatrix(normal_bins(d[:, 1:], model.bins), label=y), y) for d, y in done.rows(task) if len(y)]
        z, y = done.pooled(task)
        settings = {**_settings(done, model.learning_rate / len(parts)), "base_score": float(y.mean())}
        union = b""
        for _ in range(model.trees):
            told = []
            for data, _ in parts:
                booster = xgboost.Booster(settings)
                if union:
                    booster.load_model(bytearray(union))
                    booster.set_param(settings)
                grown = xgboost.train(settings, data, num_boost_round=1, xgb_model=booster if union else None)
                rounds = grown.num_boosted_rounds()
                told.append(bytes((grown[rounds - 1 : rounds] if union else grown).save_raw("json")))
            for one in told:
                union = aggregate_bagging(union, one)
        whole = xgboost.Booster(settings)
        whole.load_model(bytearray(union))
        assert len(json.loads(union)["learner"]["gradient_booster"]["model"]["trees"]) == model.trees * len(parts)
        risk = whole.predict(xgboost.DMatrix(normal_bins(z, model.bins)))
        return float(np.abs(done.risks(task, z)[:, 1] - risk).max())

    yield "risks, XGBoost joined by Flower's aggregate_bagging", done.worst(difference), 1e-5


def forest(done: Finished) -> Compared:
    model = done.study.model

    def difference(task: int) -> float:
        z, _ = done.pooled(task)
        forests = []
        for run, (design, y) in zip(done.runs, done.rows(task), strict=True):
            if len(y):
                seed = int(run.part(Learning).context().random(task).integers(2**31))
                forest = RandomForestClassifier(
                    model.trees, max_depth=model.depth, min_samples_leaf=model.least_patients, random_state=seed
                )
                forests.append(forest.fit(normal_bins(design[:, 1:], model.bins), y))
        expected = np.mean([forest.predict_proba(normal_bins(z, model.bins)) for forest in forests], axis=0)
        return float(np.abs(done.risks(task, z) - expected).max())

    yield "risks, mean of scikit-learn forests of the sites", done.worst(difference), 1e-9
