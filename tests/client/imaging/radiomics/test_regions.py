import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from client.imaging.radiomics.regions import Surroundings, contralateral, largest_lesion, regions_of, ring
from client.imaging.volume import Geometry
from shared.errors import Code, MrfedError
from shared.sections.radiomics import ContralateralRegion, Radiomics, RingRegion, TumourRegion

SHAPE = (12, 30, 40)
SPACING_MM = (3.0, 1.0, 0.5)


def cube(z, y, x):
    mask = np.zeros(SHAPE, bool)
    mask[z, y, x] = True
    return mask


def test_a_ring_is_physical():
    one = cube(slice(6, 7), slice(15, 16), slice(20, 21))
    around = ring(one, SPACING_MM, 0, 3)
    # 3 mm are one slice, three rows, six columns.
    assert around[7, 15, 20]
    assert not around[8, 15, 20]
    assert around[6, 18, 20]
    assert not around[6, 19, 20]
    assert around[6, 15, 26]
    assert not around[6, 15, 27]
    assert not around[6, 15, 20]


@given(
    seed=st.integers(0, 100),
    spacing_mm=st.tuples(*[st.floats(0.5, 4)] * 3),
    from_mm=st.sampled_from([0.0, 3.0]),
    width_mm=st.floats(1, 6),
)
@settings(max_examples=20, deadline=None)
def test_a_ring_is_what_lies_between_two_distances(seed, spacing_mm, from_mm, width_mm):
    inside = np.random.default_rng(seed).random((7, 8, 9)) > 0.97
    inside[3, 4, 4] = True
    points = np.indices(inside.shape).reshape(3, -1).T * spacing_mm
    away_mm = cKDTree(points[inside.ravel()]).query(points)[0].reshape(inside.shape)
    expected = (away_mm > from_mm) & (away_mm <= from_mm + width_mm)
    unsure = np.isclose(away_mm, from_mm) | np.isclose(away_mm, from_mm + width_mm)
    computed = ring(inside, spacing_mm, from_mm, from_mm + width_mm)
    np.testing.assert_array_equal(computed[~unsure], expected[~unsure])


def test_annuli_touch_and_share_no_voxel():
    tumour = cube(slice(5, 8), slice(12, 18), slice(15, 25))
    annuli = [ring(tumour, SPACING_MM, start, start + 3) for start in (0, 3, 6)]
    assert np.sum(annuli, axis=0).max() == 1
    np.testing.assert_array_equal(np.any(annuli, axis=0), ring(tumour, SPACING_MM, 0, 9))


def test_a_ring_at_the_border_stays_in_the_image():
    corner = cube(slice(0, 2), slice(0, 3), slice(37, 40))
    assert ring(corner, SPACING_MM, 0, 5).any()
    assert not ring(cube(slice(0, 0), slice(0, 0), slice(0, 0)), SPACING_MM, 0, 5).any()


def surroundings(breast):
    return Surroundings(SPACING_MM, breast, left_right_axis=2)


def test_regions_are_clipped_to_the_breast_and_named():
    tumour = cube(slice(5, 8), slice(12, 18), slice(15, 25))
    breast = cube(slice(0, 12), slice(0, 19), slice(0, 40))
    requests = (
        TumourRegion(region="tumour"),
        RingRegion(region="ring", to_mm=3),
        RingRegion(region="ring", from_mm=3, to_mm=4.5),
    )
    masks = regions_of(requests, tumour, lambda: surroundings(breast))
    assert list(masks) == ["tumour", "ring_0_3mm", "ring_3_4-5mm"]
    assert not (masks["ring_0_3mm"] & ~breast).any()
    assert masks["ring_0_3mm"][6, 18, 20]
    assert not masks["ring_0_3mm"][6, 19, 20]


def test_the_surroundings_are_not_asked_for_in_vain():
    tumour = cube(slice(5, 8), slice(12, 18), slice(15, 25))

    def nothing_there():
        raise AssertionError

    assert list(regions_of(Radiomics().regions, tumour, nothing_there)) == ["tumour"]


def test_without_breast_and_image_a_ring_is_an_error_that_says_what_to_do():
    grid = Geometry((40, 30, 12), (0.5, 1.0, 3.0), (0.0, 0.0, 0.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
    with pytest.raises(MrfedError, match=r"patient 7: a ring .* needs a mask of the breast") as caught:
        Surroundings.of(grid, None, None, "patient 7")
    assert caught.value.code is Code.DATA_MISSING


def test_the_largest_of_several_lesions():
    small, large = cube(slice(1, 3), slice(2, 5), slice(2, 5)), cube(slice(5, 9), slice(12, 18), slice(15, 25))
    both = small | large
    np.testing.assert_array_equal(largest_lesion(both), large)
    largest = regions_of([TumourRegion(region="tumour", lesions="largest")], both, lambda: surroundings(both))
    np.testing.assert_array_equal(largest["tumour"], large)
    every = regions_of([TumourRegion(region="tumour")], 2 * both.astype(np.uint8), lambda: surroundings(both))
    np.testing.assert_array_equal(every["tumour"], both)


def test_lesions_that_touch_at_a_corner_are_one():
    touching = cube(slice(1, 3), slice(2, 5), slice(2, 5)) | cube(slice(3, 5), slice(5, 7), slice(5, 7))
    np.testing.assert_array_equal(largest_lesion(touching), touching)


def test_the_other_breast_is_the_one_without_the_tumour():
    left, right = cube(slice(1, 11), slice(2, 20), slice(2, 17)), cube(slice(1, 11), slice(2, 20), slice(23, 38))
    tumour = cube(slice(5, 7), slice(8, 12), slice(27, 31))
    np.testing.assert_array_equal(contralateral(tumour, surroundings(left | right)), left)


def test_two_breasts_that_touch_are_cut_in_the_middle():
    spacing_mm = (3.0, 1.0, 8.0)
    both = cube(slice(1, 11), slice(2, 20), slice(4, 36))
    tumour = cube(slice(5, 7), slice(8, 12), slice(8, 11))
    other = contralateral(tumour, Surroundings(spacing_mm, both, left_right_axis=2))
    np.testing.assert_array_equal(other, cube(slice(1, 11), slice(2, 20), slice(20, 36)))


def test_a_single_breast_has_no_other():
    one = cube(slice(1, 11), slice(2, 20), slice(2, 35))
    speck = cube(slice(1, 2), slice(25, 27), slice(2, 4))
    tumour = cube(slice(5, 7), slice(8, 12), slice(8, 11))
    requests = [ContralateralRegion(region="contralateral")]
    assert not regions_of(requests, tumour, lambda: surroundings(one | speck))["contralateral"].any()


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        ({"regions": [{"region": "ring", "from_mm": 5, "to_mm": 3}]}, "ends farther out than it begins"),
        ({"regions": [{"region": "tumour"}, {"region": "tumour", "lesions": "largest"}]}, "names a region twice"),
        ({"bin_widths": {"adc": 0}}, "must be positive"),
        ({"habitats": {"maps": ["adc"], "clusters": [1]}}, "from 2 to 8"),
        ({"habitats": {"maps": ["adc"], "criterion": "bic"}}, "goes with model gaussian_mixture"),
    ],
)
def test_a_study_that_makes_no_sense_is_refused(faulty, message):
    with pytest.raises(ValueError, match=message):
        Radiomics.model_validate(faulty)
