import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, recall_score, roc_auc_score

from shared.metrics import multiclass
from shared.metrics.bootstrap import resampled_u, resampled_u_of_classes
from shared.metrics.multiclass import one_against_rest


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


def test_classes_are_judged_in_the_same_resamples_and_two_as_one_pair() -> None:
    random = np.random.default_rng(2)
    classes = random.integers(0, 3, 80)
    risks = random.dirichlet(np.ones(3), 80) + 0.3 * np.eye(3)[classes]
    computed = resampled_u_of_classes(risks, classes, (0, 1, 2), 2000, np.random.default_rng(1))
    pairs = np.array([(classes == number).sum() * (classes != number).sum() for number in range(3)])
    exact = np.array([one.u for one in one_against_rest(risks, classes)])
    deviation = (computed / pairs).std(axis=0)
    np.testing.assert_array_less(np.abs(computed.mean(axis=0) - exact) / pairs, 4 * deviation / np.sqrt(2000))
    two, second = classes % 2, risks[:, :2]
    together = resampled_u_of_classes(second, two, (1,), 50, np.random.default_rng(3))
    alone = resampled_u(second[:, 1], two == 1, 50, np.random.default_rng(3))
    np.testing.assert_array_equal(together[:, 0], alone)
