"""The breast, its tumour, and their signal."""

from dataclasses import replace

import numpy as np
import pytest

from simulations import patient, scenario
from simulations.anatomy import anatomy
from simulations.phantom.body import Body
from simulations.phantom.coil import Coil
from simulations.phantom.dynamic import dynamic_series
from simulations.phantom.grid import Grid, Plane
from simulations.phantom.kinetics import extended_tofts
from simulations.phantom.tissue import CONSTANTS, Tissue
from simulations.phantom.weighted import weighted_series

EVEN = Coil(b1_asymmetry=0.0, bias=0.0, direction=np.array([0.0, -1.0, 0.0]), centre_mm=np.zeros(3))


@pytest.fixture(scope="module")
def demo():
    return scenario.load("demo")


@pytest.fixture(scope="module", params=[1, 2])
def body(demo, request) -> Body:
    return anatomy(patient.draw(demo.effects, demo.hospitals[0], 1, request.param), seed=1)


@pytest.fixture
def grid(body) -> Grid:
    return Grid.centred(Plane.AXIAL, (28, 36, 36), (2.0, 2.0, 2.0), body.breast.middle_mm)


def test_fractions_are_shares(body, grid):
    fractions = body.at(grid.points_mm()).fractions
    assert fractions.min() >= 0
    assert fractions.sum(0).max() <= 1 + 1e-9
    volumes_ml = fractions.sum((1, 2, 3)) * 8e-3
    for tissue in (Tissue.SKIN, Tissue.FAT, Tissue.FIBROGLANDULAR, Tissue.MUSCLE):
        assert volumes_ml[tissue] > 3


def test_tumour_lies_inside_the_breast(body, grid):
    points = grid.points_mm()
    inside = body.tumour.level(points) < 1
    assert inside.sum() > 50
    assert body.breast.depth_mm(points[inside]).min() > 0


def test_air_in_front_gives_no_signal(body, demo, grid):
    scanner = demo.hospitals[0].scanner
    series = weighted_series(body, scanner.dwi, scanner.field_t, EVEN, grid, 0.0)
    far = body.breast.depth_mm(grid.points_mm()) < -8
    assert far.any()
    assert series[:, far].max() < 1e-4 * series.max()


def test_habitats_differ_as_they_should(body):
    points = body.tumour.centre_mm + np.random.default_rng(2).normal(0, body.tumour.radius_mm, (40_000, 3))
    level = body.tumour.level(points)
    inside = level < 1
    properties = body.tumour.properties(points[inside], level[inside])
    rim, core = level[inside] > 0.85, level[inside] < 0.6 * body.tumour.core
    assert properties.ktrans_per_min[rim].mean() > 2 * properties.ktrans_per_min[core].mean()
    assert properties.diffusivity_mm2_s[rim].mean() < 0.85 * properties.diffusivity_mm2_s[core].mean()


def test_adc_of_the_noiseless_tumour_is_its_diffusivity(body, demo, grid):
    scanner = demo.hospitals[0].scanner
    plain = replace(body, tumour=replace(body.tumour, kurtosis=0.0, perfusion_fraction=0.0))
    points = grid.points_mm()
    series = weighted_series(plain, scanner.dwi, scanner.field_t, EVEN, grid, 0.0)
    composition = plain.at(points)
    pure = composition.fractions[Tissue.TUMOUR] == 1
    assert pure.sum() > 5
    b_values = np.array(scanner.dwi.b_values, float)
    slope = np.polyfit(b_values, np.log(series[:, pure]), 1)[0]
    truth = composition.properties.diffusivity_mm2_s[pure[composition.tumorous]]
    assert -slope == pytest.approx(truth, rel=1e-9)


def test_enhancement_of_the_noiseless_tumour_gives_its_concentration(body, demo, grid):
    """The signal equation inverted, in every pure voxel: Tofts' concentration comes back."""
    scanner = demo.hospitals[0].scanner
    seconds = np.array([-30.0, 45.0, 105.0, 300.0])
    series = dynamic_series(body, scanner.dce, scanner.field_t, EVEN, grid, seconds, np.zeros((4, 3)))
    composition = body.at(grid.points_mm())
    pure = composition.fractions[Tissue.TUMOUR] == 1
    within = pure[composition.tumorous]
    tumour = composition.properties
    expected = extended_tofts(seconds, tumour.ktrans_per_min[within], tumour.ve[within], tumour.vp[within])

    flip, tr_s = np.deg2rad(scanner.dce.flip_deg), scanner.dce.tr_ms / 1000
    r10 = 1000 / (CONSTANTS[Tissue.TUMOUR].t1_ms[scanner.field_t] * body.tumour_t1)
    e10 = np.exp(-tr_s * r10)
    m0 = series[0, pure] / (np.sin(flip) * (1 - e10) / (1 - np.cos(flip) * e10))
    ratio = series[:, pure] / (m0 * np.sin(flip))
    r1 = -np.log((1 - ratio) / (1 - np.cos(flip) * ratio)) / tr_s
    concentration = (r1 - r10) / scanner.dce.relaxivity_l_per_mmol_s
    np.testing.assert_allclose(concentration.T, expected, rtol=1e-8, atol=1e-9)
    assert concentration[2].mean() > 0.1


def test_motion_moves_the_body_by_what_was_said(body, demo, grid):
    scanner = demo.hospitals[0].scanner
    seconds = np.array([-40.0, -20.0])
    moved = np.array([[0.0, 0.0, 0.0], [2.0, -4.0, 6.0]])
    series = dynamic_series(body, scanner.dce, scanner.field_t, EVEN, grid, seconds, moved)
    # Whole voxels of 2 mm: by one column, two rows, three slices.
    np.testing.assert_allclose(series[1, 3:, :-2, 1:], series[0, :-3, 2:, :-1], rtol=1e-9, atol=1e-15)


def test_epi_shift_moves_the_image_along_the_rows(body, demo, grid):
    scanner = demo.hospitals[0].scanner
    still, shifted = (weighted_series(body, scanner.dwi, scanner.field_t, EVEN, grid, shift) for shift in (0.0, 4.0))
    np.testing.assert_allclose(shifted[:, :, 2:], still[:, :, :-2], rtol=1e-9, atol=1e-15)


def test_coil_brightens_and_overflips_one_side():
    coil = Coil(b1_asymmetry=0.2, bias=0.3, direction=np.array([0.0, -1.0, 0.0]), centre_mm=np.zeros(3))
    left, right = np.array([75.0, 0.0, 0.0]), np.array([-75.0, 0.0, 0.0])
    assert coil.flip_scale(left) == pytest.approx(1 + 0.2 * np.tanh(0.5))
    assert coil.flip_scale(right) == pytest.approx(1 - 0.2 * np.tanh(0.5))
    front, back = np.array([0.0, -40.0, 0.0]), np.array([0.0, 20.0, 0.0])
    assert coil.sensitivity(np.zeros(3)) == pytest.approx(1.0)
    assert coil.sensitivity(front) > 1.1 > 0.95 > coil.sensitivity(back)
