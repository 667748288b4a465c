import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, recall_score, roc_auc_score

from shared.metrics import multiclass


@pytest.fixture(scope="module")
def patients():
    rng = np.random.default_rng(10)
    classes = rng.choice(3, 240, p=[0.3, 0.55, 0.15])
    risks = np.exp(rng.normal(size=(240, 3)) + np.eye(3)[classes])
    return risks / risks.sum(1, keepdims=True), classes


def test_one_site_equals_scikit_learn(patients):
    risks, classes = patients
    rest = multiclass.macro_auc([multiclass.one_against_rest(risks, classes)])
    one = multiclass.hand_till([multiclass.one_against_one(risks, classes)])
    assert rest == pytest.approx(roc_auc_score(classes, risks, multi_class="ovr", average="macro"))
    assert one == pytest.approx(roc_auc_score(classes, risks, multi_class="ovo", average="macro"))


def test_a_site_without_a_class_still_counts_for_the_others(patients):
    risks, classes = patients
    two = classes != 2
    first, second = two & (np.arange(240) < 120), np.arange(240) >= 120
    sites = [multiclass.one_against_rest(risks[part], classes[part]) for part in (first, second)]
    assert sites[0][2].pairs == 0
    third = roc_auc_score(classes[second] == 2, risks[second, 2])
    others = [sum(site[k].u for site in sites) / sum(site[k].pairs for site in sites) for k in (0, 1)]
    assert multiclass.macro_auc(sites) == pytest.approx(np.mean([*others, third]))


def test_confusion_matrix_and_recall_equal_scikit_learn(patients):
    risks, classes = patients
    called = risks.argmax(1)
    matrix = sum(multiclass.confusion_matrix(called[p], classes[p], 3) for p in (slice(99), slice(99, None)))
    assert (matrix == confusion_matrix(classes, called)).all()
    assert multiclass.recall(matrix) == pytest.approx(recall_score(classes, called, average=None))


def test_recall_of_an_empty_class_is_not_a_number():
    matrix = multiclass.confusion_matrix(np.array([0, 1]), np.array([0, 0]), 2)
    assert matrix.tolist() == [[1, 1], [0, 0]]
    assert multiclass.recall(matrix)[0] == 0.5
    assert np.isnan(multiclass.recall(matrix)[1])
