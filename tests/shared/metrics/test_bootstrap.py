"""What resamples of scores say, to whoever knows who was drawn."""

import numpy as np

from shared.metrics.bootstrap import resampled_u

SITES = ((8, 10), (7, 9))
"""Patients of each class."""
RESAMPLES = 200


def drawn(positives: int, negatives: int, seed: int) -> np.ndarray:
    """(resamples, pairs) how often each pair is drawn at a site."""
    random = np.random.default_rng(seed)
    counts = [random.multinomial(size, np.full(size, 1 / size), RESAMPLES) for size in (positives, negatives)]
    return (counts[0][:, :, None] * counts[1][:, None, :]).reshape(RESAMPLES, -1)


def solved(*, by_score: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each site, which of its pairs are ranked rightly: found from the sums over both sites, and in truth."""
    random, totals, orders = np.random.default_rng(0), np.zeros(RESAMPLES), []
    for seed, (positives, negatives) in enumerate(SITES):
        scores = random.normal(size=positives + negatives)
        positive = np.arange(len(scores)) < positives
        order = scores if by_score else None
        totals += resampled_u(scores, positive, RESAMPLES, np.random.default_rng(seed), order)
        orders.append(scores[positive][:, None] > scores[~positive])
    equations = np.hstack([drawn(*sizes, seed) for seed, sizes in enumerate(SITES)])
    computed = np.rint(np.linalg.lstsq(equations, totals, rcond=None)[0]).astype(bool)
    first = SITES[0][0] * SITES[0][1]
    return [
        (computed[:first].reshape(SITES[0]), orders[0]),
        (computed[first:].reshape(SITES[1]), orders[1]),
    ]


def test_patients_drawn_by_their_rows_are_told_apart_in_every_pair() -> None:
    for found, truth in solved(by_score=False):
        np.testing.assert_array_equal(found, truth)


def test_drawn_by_their_places_among_the_scores_no_row_is_told() -> None:
    """What is left is the site's ROC curve: how many pairs each place ranks rightly, whoever stands there."""
    for found, truth in solved(by_score=True):
        assert not (found == truth).all()
        np.testing.assert_array_equal(found, truth[np.argsort(truth.sum(axis=1))][:, np.argsort(-truth.sum(axis=0))])


def test_the_order_of_a_table_changes_no_resample_and_pairs_stay_pairs() -> None:
    random = np.random.default_rng(4)
    model, other, positive = random.normal(size=40), random.normal(size=40), random.random(40) < 0.4
    again = random.permutation(40)
    for scores in (model, other):
        whole = resampled_u(scores, positive, 50, np.random.default_rng(1), model)
        moved = resampled_u(scores[again], positive[again], 50, np.random.default_rng(1), model[again])
        np.testing.assert_array_equal(whole, moved)
    # the difference of a score and a monotone function of it is nothing in every resample
    same = resampled_u(np.exp(model), positive, 50, np.random.default_rng(1), model)
    np.testing.assert_array_equal(same, resampled_u(model, positive, 50, np.random.default_rng(1), model))
