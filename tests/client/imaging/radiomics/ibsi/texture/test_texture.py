"""Matrices of IBSI's worked example, and of regions counted by hand."""

import numpy as np
import pytest

from client.imaging.radiomics.ibsi.discretization import Levels
from client.imaging.radiomics.ibsi.texture.cooccurrence import COOCCURRENCE, cooccurrence
from client.imaging.radiomics.ibsi.texture.dependence import DEPENDENCE, dependence
from client.imaging.radiomics.ibsi.texture.run_length import RUN_LENGTH, run_length
from client.imaging.radiomics.ibsi.texture.tone_difference import TONE_DIFFERENCE, tone_difference
from client.imaging.radiomics.ibsi.texture.zones import (
    DISTANCE_ZONE,
    SIZE_ZONE,
    border_distance,
    distance_zone,
    size_zone,
)
from shared.sections.ibsi import Aggregation

# The 4 x 4 slice on which IBSI's manual works out its matrices.
SLICE = np.array([[[1, 2, 2, 3], [1, 2, 3, 3], [4, 2, 4, 1], [4, 1, 2, 3]]])
LEVELS = Levels(SLICE, 4)
MERGED = Aggregation.SLICES_MERGED


def test_zones_of_the_example() -> None:
    found = size_zone(LEVELS, MERGED)
    # With eight neighbours: level 1 in 2, 1 and 1 voxels, 2 in 5, 3 in 3 and 1, 4 in 2 and 1.
    sizes = np.array([2, 1, 1, 5, 3, 1, 2, 1])
    assert found["LargeAreaEmphasis"] == pytest.approx((sizes**2).mean())
    assert found["ZonePercentage"] == pytest.approx(8 / 16)
    assert set(found) == set(SIZE_ZONE.values())


def test_distances_of_the_example() -> None:
    distance = border_distance(SLICE > 0, within_slices=True)
    assert distance[0].tolist() == [[1, 1, 1, 1], [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1]]
    found = distance_zone(LEVELS, SLICE > 0, MERGED)
    # Of eight zones one, the 4 in the middle, does not touch the border.
    assert found["SmallDistanceEmphasis"] == pytest.approx((7 + 1 / 4) / 8)
    assert found["LargeDistanceEmphasis"] == pytest.approx((7 + 4) / 8)
    assert set(found) == set(DISTANCE_ZONE.values())


def test_runs_of_the_example_along_one_row() -> None:
    found = run_length(Levels(np.array([[[1, 1, 1, 2, 2, 1]]]), 2), Aggregation.SLICES_AVERAGED)
    # Along the row 3, 2 and 1 voxels; in the other three directions single voxels.
    along, alone = (9 + 4 + 1) / 3, 1.0
    assert found["LongRunEmphasis"] == pytest.approx((along + 3 * alone) / 4)
    assert found["RunPercentage"] == pytest.approx((3 / 6 + 3) / 4)
    merged = run_length(Levels(np.array([[[1, 1, 1, 2, 2, 1]]]), 2), MERGED)
    assert merged["LongRunEmphasis"] == pytest.approx((14 + 18) / 21)
    assert merged["RunPercentage"] == pytest.approx(21 / 24)
    assert set(merged) == set(RUN_LENGTH.values())


def test_pairs_of_two_levels() -> None:
    found = cooccurrence(Levels(np.array([[[1, 1, 3]]]), 3), MERGED)
    # Pairs 1-1 and 1-3, each both ways: p(1,1) = 1/2, p(1,3) = p(3,1) = 1/4.
    assert found["Contrast"] == pytest.approx(2)
    assert found["JointEnergy"] == pytest.approx(1 / 4 + 2 / 16)
    assert found["JointEntropy"] == pytest.approx(1.5)
    assert found["Idn"] == pytest.approx(1 / 2 + 1 / 2 / (1 + 2 / 3))
    # Of mean 1.5 and variance 0.75: E[ij] = 1/2 + 2 * 3/4 = 2.
    assert found["Correlation"] == pytest.approx((2 - 2.25) / 0.75)
    assert set(found) == set(COOCCURRENCE)


def test_dependences_count_the_voxel_itself() -> None:
    found = dependence(Levels(np.array([[[1, 1, 2]]]), 2), MERGED)
    # Two voxels of level 1 depend on each other, the third on nobody.
    assert found["LargeDependenceEmphasis"] == pytest.approx((4 + 4 + 1) / 3)
    assert set(found) == set(DEPENDENCE.values())


def test_tones_of_a_line() -> None:
    found = tone_difference(Levels(np.array([[[1, 1, 2]]]), 2), MERGED)
    # Neighbours' means 1, 1.5, 1: differences 0 and 0.5 of level 1, 1 of level 2.
    weighted = 2 / 3 * 0.5 + 1 / 3 * 1
    assert found["Coarseness"] == pytest.approx(1 / weighted)
    assert found["Contrast"] == pytest.approx((2 * 2 / 9 * 1 / 2) * (1.5 / 3))
    assert set(found) == set(TONE_DIFFERENCE)


def test_without_neighbours_there_are_no_pairs() -> None:
    apart = Levels(np.array([[[1, 0, 2]]]), 2)
    assert np.isnan(list(cooccurrence(apart, MERGED).values())).all()
    assert np.isnan(list(tone_difference(apart, MERGED).values())).all()


@pytest.mark.parametrize("aggregation", list(Aggregation))
def test_features_do_not_depend_on_what_lies_outside(aggregation: Aggregation) -> None:
    rng = np.random.default_rng(2)
    matrix = rng.integers(1, 6, (4, 6, 7)) * (rng.random((4, 6, 7)) < 0.7)
    padded = np.pad(matrix, ((1, 2), (3, 0), (0, 4)))
    for features in (cooccurrence, run_length, size_zone, dependence, tone_difference):
        assert features(Levels(matrix, 5), aggregation) == features(Levels(padded, 5), aggregation)
    inside = matrix > 0
    assert distance_zone(Levels(matrix, 5), inside, aggregation) == distance_zone(
        Levels(padded, 5), padded > 0, aggregation
    )


@pytest.mark.parametrize("aggregation", [Aggregation.VOLUME_AVERAGED, Aggregation.VOLUME_MERGED])
def test_in_the_volume_no_axis_counts_more(aggregation: Aggregation) -> None:
    rng = np.random.default_rng(4)
    matrix = rng.integers(1, 4, (5, 5, 5)) * (rng.random((5, 5, 5)) < 0.8)
    turned = np.rot90(matrix, axes=(0, 2))
    for features in (cooccurrence, run_length, size_zone, dependence, tone_difference):
        found, again = features(Levels(matrix, 3), aggregation), features(Levels(turned, 3), aggregation)
        assert found == pytest.approx(again)
