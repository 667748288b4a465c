"""Every model that a study can name, run through the exchanges of three simulated sites and held against its
reference on the pooled table: `rows` gives the equality table of the validation page.

Features that the sites standardized are the ones that the reference gets, so that a row is about the model alone;
harmonization has rows of its own (`docs/validation-harmonization.md`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sklearn.linear_model import LinearRegression, Ridge

from shared.study.study import Study
from tests.study_of_tables import Finished, settle, study, tables
from tests.validation.learning_references.classifiers import lda, multinomial, ordinal, pca, qda
from tests.validation.learning_references.compared import Compared, risks
from tests.validation.learning_references.linear import elastic_net, lasso, logistic, regression, svm
from tests.validation.learning_references.network import mlp
from tests.validation.learning_references.trees import bagged, boosting, forest


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
    "logistic": Case("logistic", 2, {"c": 0.3}, logistic),
    "lasso": Case(
        "logistic", 2, {"l1_ratio": 1.0, "penalties": 20}, lasso
    ),
    "elastic net": Case("logistic", 2, {"l1_ratio": 0.5, "penalties": 20}, lasso),
    "linear": Case("linear", 0, {"penalties": 0}, regression(lambda *_: LinearRegression(), 1e-9)),
    "ridge": Case("linear", 0, {"c": 0.02}, regression(lambda one, n, _: Ridge(alpha=n * one), 1e-9)),
    "linear lasso": Case("linear", 0, {"l1_ratio": 1.0, "penalties": 20}, regression(elastic_net, 1e-6)),
    "linear elastic net": Case("linear", 0, {"l1_ratio": 0.5, "penalties": 20}, regression(elastic_net, 1e-6)),
    "svm": Case("svm", 2, {"c": 0.1}, svm),
    "multinomial": Case("multinomial", 3, {"c": 0.5}, risks("scikit-learn LogisticRegression", 1e-6, multinomial)),
    "ordinal": Case("ordinal", 3, {"c": 1e9}, risks("statsmodels OrderedModel", 1e-6, ordinal)),
    "pca": Case("pca", 2, {"components": 4}, risks("scikit-learn PCA and LogisticRegression", 1e-6, pca)),
    "lda": Case("lda", 3, {"shrinkage": 0.1}, risks("scikit-learn LinearDiscriminantAnalysis", 1e-9, lda)),
    "qda": Case("qda", 3, {"shrinkage": 0.1}, risks("scikit-learn QuadraticDiscriminantAnalysis", 1e-9, qda)),
    "boosting": Case(
        "boosting", 2, {"trees": 10, "depth": 2, "least_patients": 1},
        risks("XGBoost on the pooled table in the same bins", 1e-5, boosting),
    ),
    "mlp": Case(
        "mlp", 2, {"hidden": 4, "local_steps": 1, "learning_rate": 0.5},
        risks("gradient descent by PyTorch on the pooled table", 1e-9, mlp),
    ),
    "xgboost": Case("xgboost", 2, {"trees": 5, "depth": 2, "least_patients": 1}, bagged),
    "forest": Case("forest", 3, {"trees": 10, "least_patients": 5}, forest),
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
