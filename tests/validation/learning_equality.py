"""Every model that a study can name, run through the exchanges of three simulated sites and held against its
reference on the pooled table: `rows` gives the equality table of the validation page.

Features that the sites standardised are the ones that the reference gets, so that a row is about the model alone;
harmonisation has rows of its own (`docs/validation-harmonization.md`).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import xgboost
from flwr.serverapp.strategy.strategy_utils import aggregate_bagging
from scipy.special import expit
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from statsmodels.miscmodels.ordinal_model import OrderedModel

from client import approval
from client.derived.learning import Learning
from client.run import Run
from client.site import Columns, Data, Site
from shared.folds import generator
from shared.models import perceptron
from shared.models.elastic_net import breach
from shared.models.registry import LEARNERS
from shared.models.trees import normal_bins
from shared.result import Result
from shared.sections.governance import Governance
from shared.sections.privacy import SiteSums
from shared.study import Study
from simulations.simulate import simulate

SITES = {"alpha": 70, "beta": 80, "gamma": 90}
FEATURES = 7
Compared = Iterator[tuple[str, float, float]]


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    model : as a study names it
    quantity : what is compared, and with what
    difference : largest, over all fits
    tolerance : that it must not exceed
    """

    model: str
    quantity: str
    difference: float
    tolerance: float


def tables(classes: int, seed: int = 3) -> dict[str, pd.DataFrame]:
    """Simulated patients: three of seven features tell ordered classes apart a little, and sites shift them.

    Without classes the endpoint is the score behind them, in per cent.
    """
    found = {}
    for shift, (name, patients) in enumerate(SITES.items()):
        random = np.random.default_rng((seed, shift))
        x = random.normal(size=(patients, FEATURES)) @ np.random.default_rng(seed).normal(size=(FEATURES, FEATURES)) / 2
        score = x[:, 0] - 0.7 * x[:, 1] + np.abs(x[:, 2]) + random.logistic(size=patients)
        rows = pd.DataFrame(shift + (1 + shift / 4) * x, columns=[f"f{one}" for one in range(FEATURES)])
        found[name] = rows.assign(
            patient=[f"{name}-{one}" for one in range(patients)],
            grade=np.digitize(score, np.quantile(score, np.arange(1, classes) / classes))
            if classes
            else (50 + 8 * score).clip(0, 100),
        )
    return found


def study(classes: int, kind: str = "", **changes: object) -> Study:
    """All fits that a study has: the final one, folds and left-out sites."""
    kind = kind or {0: "continuous", 2: "binary"}.get(classes, "ordinal")
    number = {} if classes else {"plausible": [0, 100], "unit": "%"}
    return Study.model_validate(
        {
            "name": "equality",
            "title": "Models against their references",
            "question": {
                "endpoint": {
                    "kind": kind,
                    "column": "grade",
                    "classes": [{"name": f"grade {one}", "values": [one]} for one in range(classes)],
                    **number,
                },
                "patients": "simulated",
            },
            "governance": Governance(ethics="none needed", data_use="synthetic", expires=date(2099, 12, 31)),
            "harmonization": {"method": "combat", "left_out_site": "transductive"},
            "evaluation": {"folds": 2, "resamples": 0, "inner_folds": 2},
            "comparators": {"without_harmonization": False, "site_identity": False},
            "privacy": {"site_sums": SiteSums.DERIVABLE, "minimum_patients": 2},
            "federation": {"sites": tuple(SITES), "quorum": 3, "deadline_s": 60},
            **changes,
        }
    )


def settle(folder: Path, of_sites: dict[str, pd.DataFrame]) -> list[Site]:
    """Sites with these tables, each with a workspace of its own."""
    sites = []
    for name, table in of_sites.items():
        own = folder / name
        own.mkdir(parents=True)
        table.to_csv(own / "table.csv", index=False)
        sites.append(
            Site(
                name=name,
                data=Data(features=own / "table.csv"),
                columns=Columns(),
                feature_columns="f",
                workspace=own / "workspace",
                patients="simulated",
            )
        )
    return sites


@dataclass(frozen=True)
class Finished:
    """A study that has been run, seen from all its sites."""

    study: Study
    result: Result
    sites: list[Site]

    @classmethod
    def run(cls, asked: Study, sites: list[Site], folder: Path) -> "Finished":
        """Run it in this process."""
        return cls(asked, simulate(asked, sites, folder / "coordinator"), sites)

    @cached_property
    def runs(self) -> list[Run]:
        """Each site's part, read back from its disk."""
        kept = [approval.latest(site.workspace, self.study.digest) for site in self.sites]
        return [Run(site, one, "simulation") for site, one in zip(self.sites, kept, strict=True) if one is not None]

    @cached_property
    def learned(self):  # type: ignore[no-untyped-def]
        """What all know."""
        return self.runs[0].part(Learning).learned

    @cached_property
    def trainer(self):  # type: ignore[no-untyped-def]
        """Where training ended."""
        return self.learned.trainer(self.result.model.training.iterations)

    def rows(self, task: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Design and classes of the training patients of every site."""
        return [run.part(Learning).rows(task) for run in self.runs]

    def pooled(self, task: int) -> tuple[np.ndarray, np.ndarray]:
        """The same as one table, standardised features alone."""
        parts = self.rows(task)
        return np.concatenate([one[:, 1:] for one, _ in parts]), np.concatenate([y for _, y in parts]).astype(int)

    def risks(self, task: int, z: np.ndarray) -> np.ndarray:
        """(n, classes) by our model, at the first penalty."""
        design = np.concatenate([np.ones((len(z), 1)), z], axis=1)
        return LEARNERS[self.study.model.kind].predict(design, self.trainer.coefficients[task, 0], self.learned.classes)

    @property
    def tasks(self) -> range:
        """Of the model in every fit."""
        return range(len(self.learned.fits))

    def worst(self, compare: Callable[[int], float]) -> float:
        """Largest difference over all fits."""
        return max(compare(task) for task in self.tasks)


def _logistic(done: Finished) -> Compared:
    def coefficients(task: int) -> float:
        z, y = done.pooled(task)
        reference = LogisticRegression(C=done.study.model.c, solver="newton-cholesky", tol=1e-13, max_iter=500)
        expected = np.concatenate([reference.fit(z, y).intercept_, reference.coef_[0]])
        return float(np.abs(done.trainer.coefficients[task, 0] - expected).max() / np.abs(expected).max())

    yield "coefficients, scikit-learn LogisticRegression (L2)", done.worst(coefficients), 1e-6


def _lasso(done: Finished) -> Compared:
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


def _elastic_net(penalty: float, n: int, ratio: float) -> ElasticNet:
    del n
    return ElasticNet(alpha=penalty, l1_ratio=ratio, tol=1e-14, max_iter=1_000_000)


def _regression(reference, tolerance: float):  # type: ignore[no-untyped-def]
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
            for place, one in enumerate(penalty.tolist()):
                fitted = reference(one, len(y), ratio).fit(z, y)
                expected = np.concatenate([[fitted.intercept_], fitted.coef_])
                worst.append(np.abs(ours[place] - expected).max() / np.abs(expected).max())
        yield f"coefficients, scikit-learn {type(fitted).__name__}", float(max(worst)), tolerance
        yield "optimality conditions (KKT) on the pooled table", float(max(breaches)), 1e-8

    return compared


def _svm(done: Finished) -> Compared:
    def coefficients(task: int) -> float:
        z, y = done.pooled(task)
        reference = LinearSVC(C=done.study.model.c, dual=False, tol=1e-12, max_iter=100_000).fit(z, y)
        expected = np.concatenate([reference.intercept_, reference.coef_[0]])
        return float(np.abs(done.trainer.coefficients[task, 0] - expected).max() / np.abs(expected).max())

    yield "coefficients, scikit-learn LinearSVC", done.worst(coefficients), 1e-6


def _risks(name: str, tolerance: float, fit: Callable[[Finished, np.ndarray, np.ndarray], np.ndarray]):  # type: ignore[no-untyped-def]
    def compared(done: Finished) -> Compared:
        def difference(task: int) -> float:
            z, y = done.pooled(task)
            return float(np.abs(done.risks(task, z) - fit(done, z, y)).max())

        yield f"risks, {name}", done.worst(difference), tolerance

    return compared


def _multinomial(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    reference = LogisticRegression(C=done.study.model.c, solver="newton-cg", tol=1e-12, max_iter=10_000)
    return reference.fit(z, y).predict_proba(z)


def _ordinal(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    del done
    return OrderedModel(y, z, distr="logit").fit(method="bfgs", disp=False, gtol=1e-10, maxiter=5000).predict()


def _pca(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    model = done.study.model
    logistic = LogisticRegression(C=model.c, solver="newton-cholesky", tol=1e-13, max_iter=500)
    return make_pipeline(PCA(model.components, svd_solver="full"), logistic).fit(z, y).predict_proba(z)


def _lda(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    shrinkage = done.study.model.shrinkage or None
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(z, y).predict_proba(z)


def _qda(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return QuadraticDiscriminantAnalysis(reg_param=done.study.model.shrinkage).fit(z, y).predict_proba(z)


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


def _boosting(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    model = done.study.model
    binned = xgboost.DMatrix(normal_bins(z, model.bins), label=y)
    settings = {**_settings(done, model.learning_rate), "base_score": y.mean()}
    risk = xgboost.train(settings, binned, num_boost_round=model.trees).predict(binned)
    return np.stack([1 - risk, risk], axis=1)


def _bagged(done: Finished) -> Compared:
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


def _forest(done: Finished) -> Compared:
    model = done.study.model

    def difference(task: int) -> float:
        z, _ = done.pooled(task)
        forests = []
        for run, (design, y) in zip(done.runs, done.rows(task), strict=True):
            if len(y):
                seed = int(run.part(Learning).here().random(task).integers(2**31))
                forest = RandomForestClassifier(
                    model.trees, max_depth=model.depth, min_samples_leaf=model.least_patients, random_state=seed
                )
                forests.append(forest.fit(normal_bins(design[:, 1:], model.bins), y))
        expected = np.mean([one.predict_proba(normal_bins(z, model.bins)) for one in forests], axis=0)
        return float(np.abs(done.risks(task, z) - expected).max())

    yield "risks, mean of scikit-learn forests of the sites", done.worst(difference), 1e-9


def _mlp(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """PyTorch's gradients on the pooled table, as many steps as there were averages of one step."""
    model, shape = done.study.model, perceptron.Shape(1 + z.shape[1], done.study.model.hidden, 2)
    first, second = shape.layers(shape.draw(generator(done.study.evaluation.seed, "weights")))
    layers = [torch.tensor(one, requires_grad=True) for one in (first[:, 1:], first[:, 0], second[:, 1:], second[:, 0])]
    rows, classes = torch.tensor(z), torch.tensor(y)

    def scores() -> torch.Tensor:
        return torch.tanh(rows @ layers[0].T + layers[1]) @ layers[2].T + layers[3]

    for _ in range(done.result.model.training.iterations):
        loss = torch.nn.functional.cross_entropy(scores(), classes)
        loss = loss + ((layers[0] ** 2).sum() + (layers[2] ** 2).sum()) / (2 * model.c * len(y))
        slopes = torch.autograd.grad(loss, layers)
        with torch.no_grad():
            for layer, slope in zip(layers, slopes, strict=True):
                layer -= model.learning_rate * slope
    return torch.softmax(scores(), dim=1).detach().numpy()


@dataclass(frozen=True)
class Case:
    """A model, the classes of its endpoint, its settings, and what it is compared with."""

    model: str
    classes: int
    settings: dict[str, object]
    compare: Callable[[Finished], Compared]

    @property
    def study(self) -> Study:
        """Which asks for it."""
        return study(self.classes, model={"kind": self.model, **self.settings}, training={"tolerance": 1e-12})


CASES = {
    "logistic": Case("logistic", 2, {"c": 0.3}, _logistic),
    "lasso": Case(
        "logistic", 2, {"l1_ratio": 1.0, "penalties": 20}, _lasso
    ),
    "elastic net": Case("logistic", 2, {"l1_ratio": 0.5, "penalties": 20}, _lasso),
    "linear": Case("linear", 0, {"penalties": 0}, _regression(lambda *_: LinearRegression(), 1e-9)),
    "ridge": Case("linear", 0, {"c": 0.02}, _regression(lambda one, n, _: Ridge(alpha=n * one), 1e-9)),
    "linear lasso": Case("linear", 0, {"l1_ratio": 1.0, "penalties": 20}, _regression(_elastic_net, 1e-6)),
    "linear elastic net": Case("linear", 0, {"l1_ratio": 0.5, "penalties": 20}, _regression(_elastic_net, 1e-6)),
    "svm": Case("svm", 2, {"c": 0.1}, _svm),
    "multinomial": Case("multinomial", 3, {"c": 0.5}, _risks("scikit-learn LogisticRegression", 1e-6, _multinomial)),
    "ordinal": Case("ordinal", 3, {"c": 1e9}, _risks("statsmodels OrderedModel", 1e-6, _ordinal)),
    "pca": Case("pca", 2, {"components": 4}, _risks("scikit-learn PCA and LogisticRegression", 1e-6, _pca)),
    "lda": Case("lda", 3, {"shrinkage": 0.1}, _risks("scikit-learn LinearDiscriminantAnalysis", 1e-9, _lda)),
    "qda": Case("qda", 3, {"shrinkage": 0.1}, _risks("scikit-learn QuadraticDiscriminantAnalysis", 1e-9, _qda)),
    "boosting": Case(
        "boosting", 2, {"trees": 10, "depth": 2, "least_patients": 1},
        _risks("XGBoost on the pooled table in the same bins", 1e-5, _boosting),
    ),
    "mlp": Case(
        "mlp", 2, {"hidden": 4, "local_steps": 1, "learning_rate": 0.5},
        _risks("gradient descent by PyTorch on the pooled table", 1e-9, _mlp),
    ),
    "xgboost": Case("xgboost", 2, {"trees": 5, "depth": 2, "least_patients": 1}, _bagged),
    "forest": Case("forest", 3, {"trees": 10, "least_patients": 5}, _forest),
}  # fmt: skip


def finished(name: str, folder: Path) -> Finished:
    """Run the study of a case.

    Parameters
    ----------
    name : of the case
    folder : empty, for sites and coordinator
    """
    case = CASES[name]
    return Finished.run(case.study, settle(folder, tables(case.classes)), folder)


def rows(folder: Path) -> list[Row]:
    """The whole table.

    Parameters
    ----------
    folder : empty, for sites and coordinator
    """
    return [
        Row(name, *one)
        for name, case in CASES.items()
        for one in case.compare(finished(name, folder / case_folder(name)))
    ]


def case_folder(name: str) -> str:
    """A case's name as a folder's."""
    return name.replace(" ", "-")
