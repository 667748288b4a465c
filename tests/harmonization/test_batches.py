"""Small batches are merged or left out, by the study's rule."""

import numpy as np

from harmonization.batches import BatchRule, Below, assign

SCANNERS = np.repeat(["Avanto", "Signa", "Skyra", "Ingenia"], (30, 12, 6, 5))


def labels(assignment):
    names, counts = np.unique(assignment.batch[assignment.kept], return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def test_large_batches_stay_apart():
    ours = assign(SCANNERS, BatchRule(minimum=5))
    assert labels(ours) == {"Avanto": 30, "Signa": 12, "Skyra": 6, "Ingenia": 5}
    assert ours.kept.all()
    assert ours.merged == ours.left_out == ()


def test_small_batches_become_one():
    ours = assign(SCANNERS, BatchRule(minimum=10))
    assert labels(ours) == {"Avanto": 30, "Signa": 12, "other": 11}
    assert ours.merged == ("Ingenia", "Skyra")


def test_what_is_still_small_joins_the_largest():
    ours = assign(SCANNERS, BatchRule(minimum=12))
    assert labels(ours) == {"Avanto": 41, "Signa": 12}
    assert ours.kept.all()


def test_small_batches_are_left_out_where_the_study_says_so():
    ours = assign(SCANNERS, BatchRule(minimum=10, below=Below.LEAVE_OUT))
    assert labels(ours) == {"Avanto": 30, "Signa": 12}
    assert ours.left_out == ("Ingenia", "Skyra")
    assert (~ours.kept).sum() == 11


def test_the_study_counts_scanners_as_one_batch_before_sizes_are_looked_at():
    ours = assign(SCANNERS, BatchRule(minimum=10, groups={"Skyra": "Siemens", "Avanto": "Siemens"}))
    # Ingenia's five are too few, even as the batch of all small ones, and join the largest
    assert labels(ours) == {"Siemens": 41, "Signa": 12}
    assert ours.merged == ("Ingenia",)


def test_a_site_that_is_too_small_altogether_is_left_out():
    ours = assign(np.repeat(["a", "b"], (3, 4)), BatchRule(minimum=10))
    assert not ours.kept.any()
    assert ours.left_out == ("a", "b")
