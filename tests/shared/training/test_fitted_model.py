"""Models of single sites as they travel, and what is none."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from shared.arrays import Array
from shared.errors import MrfedError
from shared.models.trees import Ensemble, Tree
from shared.sections.governance import Governance
from shared.study.study import Study
from shared.training.fitted_model import LARGEST, FittedModel, room

FEATURES = 5


def study(classes: int, **model: object) -> Study:
    """A study of such a model."""
    kind = {0: "continuous", 2: "binary", 3: "ordinal"}[classes]
    number = {} if classes else {"plausible": [0, 100], "unit": "%"}
    named = [{"name": f"grade {number}", "values": [number]} for number in range(classes)]
    return Study.model_validate(
        {
            "name": "rows",
            "title": "Rows of models",
            "question": {
                "endpoint": {"kind": kind, "column": "grade", "classes": named, **number},
                "patients": "simulated",
            },
            "governance": Governance(ethics="none needed", data_use="synthetic", expires=date(2099, 12, 31)),
            "evaluation": {"folds": 2, "leave_one_site_out": False},
            "selection": {"method": "univariate", "keep": 3},
            "model": model,
            "privacy": {"site_sums": "derivable"},
            "federation": {"sites": ["alpha", "beta"], "quorum": 2},
        }
    )


def trees(feature: int, child: int = -1) -> Array:
    """Two trees of depth one, the first of which splits."""
    grown = Tree(np.array([feature, child, -1]), np.array([7, 0, 0]), np.array([0.0, -0.4, 0.3]))
    return Ensemble.of_trees(16, 0.2, [grown], 2, 3).vector


LOGISTIC = study(2, kind="logistic")
BOOSTING = study(2, kind="boosting", trees=2, depth=1, bins=16)
FOREST = study(2, kind="forest", trees=2, depth=1, bins=16)
ORDINAL = study(3, kind="ordinal")
WEIGHTS = np.array([0.1, 1.0, -2.0])


def said(study: Study, vector: Array, change: Callable[[Array], object] = lambda _: None) -> FittedModel | None:
    """What is read of a model of features 3 and 1 after a row was changed."""
    model = FittedModel(np.array([3, 1]), np.array([0.5, -1.0]), np.array([1.0, 2.0]), vector)
    row = model.row(room(study, FEATURES))
    change(row)
    return FittedModel.of_row(row, study, FEATURES, "beta")


def puts(place: int, value: float) -> Callable[[Array], object]:
    """Another number in a place of the row."""
    return lambda row: row.__setitem__(place, value)


@pytest.mark.parametrize(("asked", "vector"), [(LOGISTIC, WEIGHTS), (BOOSTING, trees(1)), (ORDINAL, np.arange(4.0))])
def test_a_row_is_the_model_again(asked: Study, vector: Array) -> None:
    back = said(asked, vector)
    assert back is not None
    np.testing.assert_array_equal(back.vector, vector)
    assert np.isfinite(back.predict(np.ones((2, FEATURES)), asked)).all()
    assert said(asked, vector, lambda row: row.fill(0)) is None


@pytest.mark.parametrize(
    ("place", "value", "wrong"),
    [
        (0, 2, "whether there is one"),
        (1, 4, "its number of features"),
        (1, 1.5, "its number of features"),
        (1, -1, "its number of features"),
        (2, FEATURES, "its features"),
        (2, -2, "its features"),
        (2, 0.5, "its features"),
        (2, 1, "its features"),
        (4, LARGEST, "its numbers"),
        (6, 0, "its standard deviations"),
        (7, -1, "its standard deviations"),
        (8, np.nan, "its numbers"),
    ],
)
def test_a_row_that_no_site_can_have_made_is_refused_with_what_is_wrong(place: int, value: float, wrong: str) -> None:
    with pytest.raises(MrfedError, match=f"in the place of site beta is none .*: {wrong} cannot be"):
        said(LOGISTIC, WEIGHTS, puts(place, value))


@pytest.mark.parametrize(
    ("asked", "vector"),
    [
        (BOOSTING, trees(2)),
        (BOOSTING, trees(-2)),
        (BOOSTING, trees(0, child=1)),
        (BOOSTING, trees(0) * ([1e12] + [1] * 22)),
        (BOOSTING, trees(0) + ([0, 0, 1] + [0] * 20)),
        (FOREST, trees(0).repeat(2)[: Ensemble.size(2, 1, 2)]),
        (ORDINAL, np.array([1.0, 0.5, 0.0, 0.0])),
    ],
    ids=["no such column", "no column", "a split at the end", "bins", "trees", "another kind", "thresholds that fall"],
)
def test_coefficients_that_the_kind_of_model_cannot_have_are_refused(asked: Study, vector: Array) -> None:
    with pytest.raises(MrfedError, match="its coefficients cannot be"):
        said(asked, vector)
