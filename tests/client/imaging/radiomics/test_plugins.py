import numpy as np
import pytest

from client.imaging.radiomics import plugin_features as module
from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.names import feature_names
from client.imaging.radiomics.plugin import Cut, FeaturePlugin, load, version_of
from client.imaging.radiomics.plugins import gabor, laws
from client.imaging.radiomics.plugins.ith_score import ith_score
from client.imaging.radiomics.plugins.spatial_entropy import neighbours
from client.imaging.radiomics.settings import Settings
from shared.errors import Code, MrfedError
from shared.sections.radiomics import Plugin
from tests.client.imaging.radiomics.conftest import SPACING_MM, egg

SHIPPED = ("laws", "gabor", "spatial_entropy", "ith_score")


def settings_with(*names, **setting):
    parameters = {
        "setting": {"binWidth": 25} | setting,
        "imageType": {"Original": {}},
        "featureClass": {"firstorder": ["Mean"]},
    }
    return Settings(parameters, plugins=tuple(Plugin(name=name) for name in names))


def cut(voxels, inside=None, spacing_mm=(2.0, 1.0, 1.0)):
    return Cut(np.asarray(voxels, float), np.ones(np.shape(voxels), bool) if inside is None else inside, spacing_mm)


def features(name, one, **own):
    plugin = load(name)
    return plugin.features(one, plugin.settings(own, name))


def test_shipped_plugins_are_found_and_take_named_features(textured, tumour):
    settings = settings_with(*SHIPPED)
    found = extract(textured, SPACING_MM, {"t": tumour}, settings)["t"]
    assert tuple(found.values) == feature_names(settings)
    assert not found.missing
    # Ten combinations of three kernels, two wavelengths, each with mean and spread; two scores; the mean.
    assert len(found.values) == 1 + 20 + 4 + 1 + 1


@pytest.mark.parametrize("name", SHIPPED)
def test_a_crop_gives_what_the_whole_image_gives(name, textured, tumour):
    around = slice(2, 20), slice(1, 42), slice(0, 37)
    own = {"wavelengths_mm": [1.5, 2.0]} if name == "gabor" else {}  # what reaches not beyond the part
    settings = Settings(settings_with().parameters, plugins=(Plugin(name=name, settings=own),))
    whole = extract(textured, SPACING_MM, {"t": tumour}, settings)["t"].values
    part = extract(textured[around], SPACING_MM, {"t": tumour[around]}, settings)["t"].values
    assert part == pytest.approx(whole, rel=1e-6)


def test_plugins_see_the_resampled_image(textured, tumour):
    fine = extract(textured, SPACING_MM, {"t": tumour}, settings_with("laws", resampledPixelSpacing=[1, 1, 1]))["t"]
    coarse = extract(textured, SPACING_MM, {"t": tumour}, settings_with("laws"))["t"]
    name = "original_laws_L5E5S5Mean"
    assert not fine.missing
    assert fine.values[name] != pytest.approx(coarse.values[name], rel=0.01)


def test_the_hash_covers_plugin_settings_and_version():
    plain = settings_with()
    with_laws = settings_with("laws")
    slower = Settings(plain.parameters, plugins=(Plugin(name="gabor", settings={"orientations": 4}),))
    assert len({plain.digest, with_laws.digest, settings_with("gabor").digest, slower.digest}) == 4
    assert (
        settings_with("gabor").digest
        == Settings(plain.parameters, plugins=(Plugin(name="gabor", settings={"orientations": 8}),)).digest
    )
    assert version_of("laws").startswith("mrfed ")


def test_an_unknown_plugin_or_setting_is_refused_in_words():
    with pytest.raises(MrfedError, match=r"no installed package offers collage .*gabor") as caught:
        feature_names(settings_with("collage"))
    assert caught.value.code is Code.STUDY_INVALID
    with pytest.raises(MrfedError, match="gabor has no setting wavelength; it has wavelengths_mm"):
        load("gabor").settings({"wavelength": 3}, "gabor")


def test_a_plugin_that_fails_costs_its_own_features_only(textured, tumour, monkeypatch):
    def fails(one, settings):
        raise ZeroDivisionError

    broken = FeaturePlugin({}, lambda _: ("One", "Two"), lambda *_: 0.0, fails)
    monkeypatch.setattr(module, "load", lambda name: broken)
    found = module.plugin_features(textured, SPACING_MM[::-1], {"t": tumour > 0}, Plugin(name="laws"), settings_with())[
        "t"
    ]
    assert found == {"original_laws_One": Missing.PLUGIN_FAILED, "original_laws_Two": Missing.PLUGIN_FAILED}


def test_a_constant_region_has_no_plugin_features(textured, tumour):
    flat = np.where(tumour, np.float32(3), textured)
    found = extract(flat, SPACING_MM, {"t": tumour}, settings_with(*SHIPPED))["t"]
    assert set(found.missing.values()) == {Missing.CONSTANT}


def test_laws_level_of_a_constant_and_edge_of_a_ramp():
    constant = features("laws", cut(np.full((7, 7, 7), 2.0)))
    # The level kernel (1 4 6 4 1) / sqrt(70) sums to 16 / sqrt(70); edges and spots sum to nothing.
    assert constant["L5L5L5Mean"] == pytest.approx(2 * (16 / np.sqrt(70)) ** 3)
    assert constant["L5L5E5Mean"] == pytest.approx(0, abs=1e-12)
    ramp = np.broadcast_to(np.arange(30.0), (30, 30, 30))
    inside = np.zeros(ramp.shape, bool)
    inside[10:20, 10:20, 10:20] = True
    # On a ramp of slope 1 the edge kernel gives 8 / sqrt(10) along its axis, one of three orders.
    expected = (16 / np.sqrt(70)) ** 2 * 8 / np.sqrt(10) / 3
    assert features("laws", cut(ramp, inside))["L5L5E5Mean"] == pytest.approx(expected)


def test_laws_does_not_depend_on_the_order_of_the_axes():
    voxels = np.random.default_rng(0).normal(size=(9, 9, 9))
    assert features("laws", cut(voxels)) == pytest.approx(features("laws", cut(voxels.transpose(2, 0, 1))))
    assert len(laws.names({})) == 20


def test_gabor_answers_to_its_wavelength():
    x = np.arange(64.0)
    stripes = np.broadcast_to(np.cos(2 * np.pi * x / 8), (2, 64, 64))
    inside = np.zeros(stripes.shape, bool)
    inside[:, 28:36, 28:36] = True
    found = features("gabor", cut(stripes, inside, (3.0, 1.0, 1.0)))
    # Along the stripes the filter of 8 mm answers with half their amplitude; that of 4 mm, an octave away, with a
    # fifth of it. The mean over eight orientations keeps most of that ratio.
    assert found["Wavelength8mmMean"] > 3 * found["Wavelength4mmMean"]
    turned = features("gabor", cut(stripes.swapaxes(1, 2), inside, (3.0, 1.0, 1.0)))
    assert turned == pytest.approx(found)


def test_gabor_does_not_answer_to_a_constant():
    kernel = gabor.gabor_kernel(6.0, 0.3, (1.0, 0.7))
    assert abs(kernel.sum()) < 1e-12
    flat = features("gabor", cut(np.full((2, 9, 9), 40.0)))
    assert max(flat.values()) < 1e-9


def test_spatial_entropy_of_stripes_blocks_and_noise():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(12, 24, 24))
    sorted_noise = np.sort(noise.ravel()).reshape(noise.shape)
    one, two = (features("spatial_entropy", cut(voxels))["LeiboviciEntropy"] for voxels in (noise, sorted_noise))
    assert one > two + 0.1  # the same histogram, but equal levels lie together
    uniform = rng.permutation(np.arange(12 * 24 * 24)).reshape(12, 24, 24)
    assert features("spatial_entropy", cut(uniform))["LeiboviciEntropy"] == pytest.approx(1, abs=0.01)


def test_spatial_entropy_of_a_checkerboard_by_hand():
    board = np.indices((1, 4, 4)).sum(axis=0) % 2
    # Neighbours at 1 mm differ always: two ordered pairs, one bit each of two for two levels.
    found = features("spatial_entropy", cut(board, spacing_mm=(9.0, 1.0, 1.0)), levels=2, distance_mm=1.0)
    assert found["LeiboviciEntropy"] == pytest.approx(0.5)


def test_neighbours_lie_within_a_physical_distance_once():
    offsets = list(neighbours((3.0, 1.0, 1.0), 3.0))
    assert (1, 0, 0) in offsets
    assert (0, 3, 0) in offsets
    assert (1, 1, 0) not in offsets
    assert not any(tuple(-step for step in offset) in offsets for offset in offsets)


def test_ith_score_by_hand():
    # Cluster 1: areas of 3 and 1; cluster 2: one area of 2, joined by a corner. S = 6.
    labels = np.array([[1, 1, 1, 0], [2, 0, 0, 0], [0, 2, 0, 1]])
    assert ith_score(labels) == pytest.approx(1 - (3 / 2 + 2 / 1) / 6)
    assert ith_score(np.ones((3, 3), int)) == 0


def test_a_scattered_tumour_scores_higher_than_a_compact_one():
    rng = np.random.default_rng(2)
    inside = np.ones((1, 40, 40), bool)
    blocks = np.kron(rng.permutation(16).reshape(4, 4), np.ones((10, 10)))[None]
    compact = features("ith_score", cut(blocks + rng.normal(0, 0.01, blocks.shape), inside))
    scattered = features("ith_score", cut(rng.normal(size=blocks.shape), inside))
    assert 0 <= compact["PixelwiseITHScore"] < scattered["PixelwiseITHScore"] <= 1


def test_a_slice_too_small_for_clusters_is_missing(textured):
    tiny = egg((10, 20, 17), (2, 2, 2))
    found = extract(textured, SPACING_MM, {"t": tiny}, settings_with("ith_score"))["t"]
    assert found.missing == {"original_ith_score_PixelwiseITHScore": Missing.UNDEFINED}


def test_spatial_entropy_counts_a_pair_both_ways():
    # Levels 1 1 2 in a row: the pairs 11 11 12 21, so 1.5 bits of the 2 that two levels can have.
    found = features("spatial_entropy", cut([[[0, 0, 5]]]), levels=2, distance_mm=1.0)
    assert found["LeiboviciEntropy"] == pytest.approx(0.75)
