"""Every kind of series from DICOM to maps: what was written into the images comes out as numbers with units."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from client.imaging.ingest.examination import examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.patient_images import gather
from client.preparation.patient_features import measurable, patient_features
from client.preparation.patient_maps import PatientMaps, patient_maps, readable
from client.quality.check_patient import check_patient
from shared.errors import Code, MrfedError
from tests.exports import write_volume
from tests.small_hospital import study, tumour, write_mask, write_patient

SHAPE = tumour().shape
SPIN_ECHO = {"RepetitionTime": 4000, "EchoTime": 60, "FlipAngle": 90, "PixelSpacing": [1.0, 1.0]}
MAPPING = {
    "saturation": {"offsets_ppm": [None, -4, -3.5, -3, 3, 3.5, 4], "fat_suppressed": True},
    "diffusion_times": [
        *({"b_value": b, "duration_ms": 12, "separation_ms": 74} for b in (0, 300, 700, 1200)),
        *({"b_value": b, "frequency_hz": 17, "duration_ms": 60, "separation_ms": 66} for b in (0, 300, 600)),
    ],
}


def everywhere(value: float) -> NDArray[np.float64]:
    return np.full(SHAPE, round(value))


class Exports:
    """A patient's folder, and the maps that a study asks of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_patient(folder / "in" / "P1", "P1")

    def write(self, series: str, value: float, number: int, image: int = 0, **elements: object) -> None:
        """One image of a series, its signal the same everywhere."""
        first = 1 + image * SHAPE[0]
        write_volume(
            self.folder / "in" / "P1" / f"{series} {image}", everywhere(value), range(first, first + SHAPE[0]),
            series=series, number=number, **(SPIN_ECHO | elements),
        )  # fmt: skip

    def maps(self, sequences: list[str], requests: list[dict[str, object]], **mapping: object) -> PatientMaps:
        asked = study(
            imaging={"sequences": ["dce", *sequences], "phases": {"early_s": 60, "late_s": 200}}, maps=requests
        )
        index = Index(self.folder / "in", self.folder / "index.sqlite")
        index.update()
        declared = Mapping.model_validate(MAPPING | mapping)
        checked = check_patient(index.patient("P1"), declared, asked, self.folder / "in")
        problems = [problem.text for problem in checked.problems if "endpoint" not in problem.text]
        if problems:  # known before anything is computed
            raise MrfedError(Code.DATA_MISSING, problems[0])
        assert asked.imaging is not None
        gathered = gather(examine(index.patient("P1"), declared), asked.imaging, self.folder / "in")
        ready = readable(gathered, gathered.images)
        computed = patient_maps(ready, asked, {role: mask.voxels > 0 for role, mask in gathered.images.masks.items()})
        assert not ready.images.repeated
        return computed


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("b1", [None, 0.9])
def test_t1_from_flip_angles_with_and_without_b1(exports: Exports, b1: float | None) -> None:
    e = np.exp(-5 / 1400)
    for number, angle in enumerate((2, 5, 10, 15), start=20):
        a = np.deg2rad(angle * (b1 or 1))
        signal = 60_000 * np.sin(a) * (1 - e) / (1 - np.cos(a) * e) * 8
        exports.write(f"VFA {angle}", signal, number, RepetitionTime=5, EchoTime=2, FlipAngle=angle)
    if b1 is not None:
        exports.write("B1 map", 100 * b1, 30)
    sequences = ["flip_angles"] if b1 is None else ["flip_angles", "b1_map"]
    computed = exports.maps(sequences, [{"name": "t1"}], units={"b1_map": "%"})
    np.testing.assert_allclose(computed.volumes["t1"].voxels, 1400, rtol=0.01)
    assert computed.volumes["t1"].unit == "ms"
    assert computed.fits["t1"].converged.all()


@pytest.mark.slow
def test_the_kurtosis_tensor_from_directions_without_the_scanners_averages(exports: Exports) -> None:
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((30, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    exports.write("dwi", 40_000, 40, 0, DiffusionBValue=0.0)
    exports.write("dwi", 39_000, 40, 1, DiffusionBValue=1000.0)  # an average, far off
    image = 2
    for b in (1000.0, 2000.0):
        for n in directions:
            d = 0.8e-3 + 0.7e-3 * n[0] ** 2
            md = 0.8e-3 + 0.7e-3 / 3
            signal = 40_000 * np.exp(-b * d + (b * md) ** 2 * 0.9 / 6)
            exports.write("dwi", signal, 40, image, DiffusionBValue=b, DiffusionGradientOrientation=list(n))
            image += 1
    computed = exports.maps(["dwi_directions"], [{"name": "dki_tensor"}])
    np.testing.assert_allclose(computed.volumes["dki_md"].voxels, 0.8e-3 + 0.7e-3 / 3, rtol=0.01)
    trace, squares = 3 * (0.8e-3 + 0.7e-3 / 3), 1.5e-3**2 + 2 * 0.8e-3**2
    fa = np.sqrt(1.5 * (1 - trace**2 / 3 / squares))
    np.testing.assert_allclose(computed.volumes["dki_fa"].voxels, fa, rtol=0.02)
    assert (computed.volumes["dki_mk"].voxels > 0.5).all()


def test_amide_asymmetry_at_the_voxels_own_water_frequency(exports: Exports) -> None:
    shift = 0.25
    for image, offset in enumerate(MAPPING["saturation"]["offsets_ppm"]):  # type: ignore[index]
        own = None if offset is None else offset - shift
        share = 1.0 if own is None else 0.8 - 0.02 * (3.5 - abs(own)) - (0.03 if own > 0 else 0)
        exports.write("CEST z spectrum", 50_000 * share, 50, image)
    exports.write("B0 map", round(1000 * shift * 42.577 * 3), 60, RescaleSlope=0.001, RescaleIntercept=0)
    computed = exports.maps(["saturation", "b0_map"], [{"name": "apt_weighted"}], units={"b0_map": "Hz"})
    np.testing.assert_allclose(computed.volumes["apt_weighted"].voxels, 3.0, atol=0.02)


@pytest.mark.slow
def test_cells_from_declared_diffusion_times(exports: Exports) -> None:
    from client.imaging.maps.fitting.restricted_sphere import oscillating, pulsed

    size = np.array([14.0])
    for image, one in enumerate(MAPPING["diffusion_times"]):
        b = one["b_value"] / 1000  # type: ignore[index,operator]
        if b == 0:
            inside = 1.0
        elif "frequency_hz" in one:  # type: ignore[operator]
            inside = float(oscillating(size, b, 60, 66, 0.017, 1.56)[0])
        else:
            inside = float(pulsed(size, b, 12, 74, 1.56)[0])
        exports.write("OGSE PGSE", 50_000 * (0.6 * inside + 0.4 * np.exp(-b * 1.8)), 70, image)
    computed = exports.maps(["diffusion_times"], [{"name": "time_dependent_diffusion"}])
    np.testing.assert_allclose(computed.volumes["cell_diameter"].voxels, 14, rtol=0.03)
    np.testing.assert_allclose(computed.volumes["intracellular_fraction"].voxels, 0.6, rtol=0.03)


@pytest.mark.parametrize(
    ("series", "quantity", "stored", "unit", "value"),
    [
        ("cell diameter", "cell_diameter", 13, "um", 13),
        ("cellularity", "cellularity", 40, "1/mm", 0.04),
        ("intracellular fraction", "intracellular_fraction", 55, "%", 0.55),
        ("T1 map", "t1_map", 1500, "ms", 1500),
        ("T2 map", "t2_map", 80, "ms", 80),
        ("PD map", "pd_map", 70, "%", 70),
        ("APTw", "apt", 2, "%", 2),
        ("ADC", "adc", 1100, "10^-6 mm2/s", 1.1e-3),
    ],
)
def test_the_scanners_own_maps_in_our_units(
    exports: Exports, series: str, quantity: str, stored: float, unit: str, value: float
) -> None:
    exports.write(series, stored, 80)
    request = {"name": "vendor_map", "quantity": quantity}
    computed = exports.maps([quantity], [request], units={quantity: unit})
    (volume,) = computed.volumes.values()
    np.testing.assert_allclose(volume.voxels, value, rtol=1e-5)


def test_background_enhancement_of_the_other_breasts_mask(exports: Exports) -> None:
    other = np.zeros(SHAPE, dtype=bool)
    other[:, :, 20:] = True
    write_mask(exports.folder / "in" / "P1", other, "P1", name="contralateral fibroglandular")
    request = {"name": "background_enhancement", "early_s": 60, "late_s": 200, "minimum_enhancement_percent": -90}
    assert exports.maps([], [request]).scalars == {"background_enhancement": 1.0}


@pytest.mark.parametrize(
    ("series", "sequence", "request_", "mapping", "says"),
    [
        ("VFA", "flip_angles", "t1", {}, "at least two different flip angles"),
        ("CEST", "saturation", "apt_weighted", {"saturation": None}, "saturation.offsets_ppm in the mapping file"),
        ("OGSE", "diffusion_times", "time_dependent_diffusion", {}, "declares 7 images, the series has 1"),
        ("none of these", "flip_angles", "t1", {}, "no flip_angles series"),
    ],
)
def test_what_is_missing_is_named(
    exports: Exports, series: str, sequence: str, request_: str, mapping: dict[str, object], says: str
) -> None:
    exports.write(series, 1000, 90)
    with pytest.raises(MrfedError, match=says):
        exports.maps([sequence], [{"name": request_}], **mapping)


def test_a_study_names_the_series_that_its_maps_read() -> None:
    with pytest.raises(ValueError, match=r"t1 reads flip_angles; add it to imaging\.sequences"):
        study(maps=[{"name": "t1"}])


def test_summaries_and_quality_of_fits_reach_the_record(exports: Exports) -> None:
    for image, b in enumerate((0, 400, 800)):
        exports.write("dwi", 40_000 * np.exp(-b * 1.1e-3), 40, image, DiffusionBValue=float(b))
    asked = study(
        imaging={"sequences": ["dce", "dwi"], "phases": {"early_s": 60, "late_s": 200}}, maps=[{"name": "adc"}]
    )
    index = Index(exports.folder / "in", exports.folder / "index.sqlite")
    index.update()
    assert asked.imaging is not None
    gathered = gather(examine(index.patient("P1"), Mapping()), asked.imaging, exports.folder / "in")
    computed = patient_features(measurable(gathered, asked), asked)
    assert computed.features.values["adc.tumour.original_summary_mean"] == pytest.approx(1.1e-3, rel=1e-3)
    assert computed.findings["out_of_range.adc"] == 0
    assert computed.findings["not_converged.adc"] == 0
    assert computed.findings["fit_residual.adc"] < 1e-3
