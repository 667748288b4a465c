"""Every map can be asked for, and refuses what it cannot be fitted to with words that help."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from client.imaging.maps.acquisition import Acquisition, Diffusion, DiffusionTimes, Dynamic, FlipAngles, Saturation
from client.imaging.maps.registry import REGISTRY, computable, compute, request_of
from shared.errors import Code, MrfedError
from shared.sections.maps import MapName, MapRequest


def dynamic(seconds: tuple[float, ...], **declared: float) -> Dynamic:
    return Dynamic(np.ones((2, len(seconds))), seconds, **declared)


def refusal(name: MapName, *series: object, **settings: object) -> str:
    with pytest.raises(MrfedError) as refused:
        compute(request_of(name, **settings), Acquisition("patient 0042", series))
    assert refused.value.code is Code.DATA_MISSING
    assert refused.value.text.startswith("patient 0042: ")
    assert "\n" not in refused.value.text
    return refused.value.text


FAST = tuple(np.arange(-20.0, 300, 10))


def test_every_name_has_a_map_and_a_request() -> None:
    assert set(REGISTRY) == set(MapName)
    for name in set(MapName) - {MapName.VENDOR_MAP}:
        assert request_of(name).name is name


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError, match="haematocrit"):
        TypeAdapter(MapRequest).validate_python({"name": "adc", "haematocrit": 0.4})


def test_ivim_says_which_b_values_it_needs_and_what_works_instead() -> None:
    text = refusal(MapName.IVIM, Diffusion(np.ones((2, 2)), (0, 800)))
    assert "at least 4 different b-values, 2 of them under 200, 2 of them 200 or more" in text
    assert "(there are: 0, 800)" in text
    assert "what is there allows: adc" in text


def test_slow_phases_are_refused_by_the_tracer_kinetic_models() -> None:
    slow = dynamic((-60, 60, 120, 180, 240, 300, 360, 420), tr_ms=4.5, flip_angle_deg=10)
    for name in (MapName.TOFTS, MapName.EXTENDED_TOFTS, MapName.EXTENDED_TOFTS_LINEAR, MapName.PATLAK):
        text = refusal(name, slow, t1_ms=1400)
        assert "no more than 20 s apart" in text
        assert "median 60 s" in text
        assert "percent_enhancement" in text


@pytest.mark.parametrize(
    ("declared", "missing"),
    [
        ({"flip_angle_deg": 10}, "the repetition time of the dynamic series"),
        ({"tr_ms": 4.5}, "the flip angle of the dynamic series"),
        ({}, "the repetition time and the flip angle of the dynamic series"),
    ],
)
def test_missing_tr_or_flip_angle_is_named(declared: dict[str, float], missing: str) -> None:
    assert missing in refusal(MapName.TOFTS, dynamic(FAST, **declared), t1_ms=1400)


def test_t1_must_come_from_somewhere() -> None:
    text = refusal(MapName.EXTENDED_TOFTS, dynamic(FAST, tr_ms=4.5, flip_angle_deg=10))
    assert "variable-flip-angle series" in text
    assert "t1_ms" in text


def test_no_phase_before_contrast() -> None:
    assert "a phase before contrast" in refusal(MapName.PERCENT_ENHANCEMENT, dynamic((60, 120)))


def test_one_flip_angle() -> None:
    text = refusal(MapName.T1, FlipAngles(np.ones((2, 2)), (10, 10), 5.0))
    assert "two different flip angles" in text


def test_tensor_without_directions_points_to_the_averaged_model() -> None:
    text = refusal(MapName.DKI_TENSOR, Diffusion(np.ones((2, 4)), (0, 700, 1400, 2000)))
    assert "gradient directions" in text
    assert "dki" in text.split("allows: ")[1]


def test_apt_needs_offsets_b0_and_declared_fat_suppression() -> None:
    seven = (-4.0, -3.5, -3, 0, 3, 3.5, 4)
    signal, one = np.ones((2, 7)), np.ones(2)
    assert "three offsets" in refusal(MapName.APT_WEIGHTED, Saturation(signal[:, :2], (-3.5, 3.5), one, one, True))
    assert "a B0 map" in refusal(MapName.APT_WEIGHTED, Saturation(signal, seven, one, None, True))
    assert "fat suppression" in refusal(MapName.APT_WEIGHTED, Saturation(signal, seven, one, one, None))


def test_one_diffusion_time() -> None:
    series = DiffusionTimes(np.ones((2, 5)), (0, 200, 400, 600, 800), (0,) * 5, (12,) * 5, (40,) * 5)
    assert "two diffusion times" in refusal(MapName.TIME_DEPENDENT_DIFFUSION, series)


def test_a_vendor_map_that_is_not_there() -> None:
    text = refusal(MapName.VENDOR_MAP, quantity="t2_map")
    assert "a map computed by the scanner" in text


def test_masks_that_a_map_needs_are_named() -> None:
    series = Dynamic(np.ones((2, 2, 2, 2)), (-10, 100))
    assert "regions: voi" in refusal(MapName.FUNCTIONAL_TUMOUR_VOLUME, series)
    assert "contralateral_fibroglandular" in refusal(MapName.BACKGROUND_ENHANCEMENT, series)


def test_no_series_at_all() -> None:
    assert "no map of such a series would work" in refusal(MapName.ADC)
    assert computable(Acquisition("patient 0042", ())) == []


def test_b_values_outside_the_studys_range_do_not_count() -> None:
    series = Diffusion(np.ones((2, 3)), (0, 50, 800))
    text = refusal(MapName.ADC, series, minimum_b=100)
    assert "(there are: 800)" in text
    assert compute(request_of(MapName.ADC, minimum_b=50), Acquisition("x", (series,))).volumes[0].values.shape == (2,)


def test_assumed_timing_is_marked_in_the_result() -> None:
    series = Dynamic(np.ones((2, 3)), (-10, 100, 360), timing_assumed=True)
    for name in (MapName.PERCENT_ENHANCEMENT, MapName.WASHOUT, MapName.CURVE_TYPE, MapName.WASH_IN):
        assert compute(request_of(name), Acquisition("x", (series,))).timing_assumed
