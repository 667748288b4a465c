"""Quality numbers, and those that stand out."""

import numpy as np
import pytest

from client.imaging.ingest.mapping import Role
from client.imaging.maps.quantity import Quantity
from client.imaging.preprocess.images import PatientImages
from client.imaging.volume import Geometry, Volume
from client.preparation.pictures.quality import of_images, of_maps, of_tumour, outlying

GRID = Geometry((40, 32, 24), (1.0, 1.0, 2.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def images(*phases):
    volumes = tuple(Volume(np.asarray(phase, np.float32), GRID) for phase in phases)
    return PatientImages("patient x", GRID, dynamic=volumes, masks={Role.TUMOUR: volumes[0]})


def test_signal_to_noise_of_a_known_phantom():
    rng = np.random.default_rng(0)
    body = np.zeros(GRID.shape)
    body[4:20, 4:28, 4:36] = 300
    computed = of_images(images(np.abs(body + rng.normal(0, 10, GRID.shape))))
    assert computed["signal_to_noise"] == pytest.approx(30, rel=0.08)
    assert [computed[f"field_of_view_{axis}_mm"] for axis in "xyz"] == [40, 32, 48]


def test_enhancement_and_share_at_the_border():
    tumour = np.zeros(GRID.shape, bool)
    tumour[0:4, 5:9, 5:9] = True
    computed = of_tumour(tumour, images(np.full(GRID.shape, 100), np.full(GRID.shape, 250), np.full(GRID.shape, 220)))
    assert computed == {"tumour_at_border": 0.25, "enhancement": 150.0}
    assert of_tumour(np.zeros(GRID.shape, bool), images(np.ones(GRID.shape))) == {}


def test_share_of_a_map_that_no_tissue_has():
    tumour = np.zeros(GRID.shape, bool)
    tumour[2, 2, :8] = True
    values = np.full(GRID.shape, 1e-3, np.float32)
    values[2, 2, :2] = [np.nan, 9e-3]
    computed = of_maps(tumour, {"adc": Volume(values, GRID)}, {"adc": Quantity("adc", "mm²/s", 0, 3.5e-3)})
    assert computed == {"out_of_range.adc": 0.25}


def test_numbers_that_stand_out_among_enough_patients():
    findings = {f"p{number}": {"snr": 30.0 + number % 5, "constant": 1.0} for number in range(12)}
    findings["p3"]["snr"] = 5.0
    findings["p4"]["constant"] = 2.0
    assert {one for one, names in outlying(findings).items() if names} == {"p3"}
    assert outlying(findings)["p3"] == {"snr"}
    few = {name: findings[name] for name in list(findings)[:9]}
    assert not any(outlying(few).values()), "nine patients tell nothing"
