import json
import re

import pytest

from server.report import render, write
from server.report.picture import Picture
from shared.errors import Code, MrfedError
from shared.results.frozen_harmonization import FrozenHarmonization
from shared.results.habitat_model import FoundHabitats, HabitatModel
from shared.results.harmonized import FeatureStability
from shared.results.result import Result
from tests.simulated_result import whole_result


@pytest.fixture(scope="module")
def page(result):
    return render(result)


def test_it_asks_for_nothing_from_elsewhere(page):
    addresses = set(re.findall(r"https?://[^\"' <]*", page))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    for forbidden in ("<script", "<link", "<img", "<iframe", "@import", "url("):
        assert forbidden not in page


def test_equal_results_give_equal_bytes(result, page):
    assert render(Result.model_validate_json(result.model_dump_json())) == page


def test_the_notice_is_that_of_the_patients(page):
    assert "SIMULATED PATIENTS. Effects were programmed. Performance says nothing about patients." in page
    question = {"endpoint": "her2-zero-vs-low", "patients": "real"}
    real = render(whole_result(question=question))
    assert "SIMULATED" not in real
    assert "Research use only; not a medical device." in real


def test_no_missing_value_shows_as_code(page):
    text = re.sub(r"<pre>.*?</pre>", "", page, flags=re.S)
    assert not re.search(r"\b(None|nan|NaN|inf|null)\b", re.sub(r"<[^>]*>", " ", text))


def test_counts_under_the_minimum_are_not_told(page):
    assert "label-indeterminate: &lt; 5" in page


def test_masks_that_were_off_are_said(page):
    assert "the masks were off" not in page
    privacy = {"site_sums": "derivable", "masked": False}
    unmasked = render(whole_result(privacy=privacy))
    assert "the masks were off" in unmasked
    assert "clear, masks off" in unmasked
    assert ">masked</td>" not in unmasked


def test_names_cannot_become_markup(result):
    feature = "<script>alert(1)</script>&"
    coefficients = (result.model.coefficients[0].model_copy(update={"feature": feature, "value": 9.0}),)
    harmonized = (result.harmonized[0].model_copy(update={"feature": feature}),)
    model = result.model.model_copy(update={"coefficients": coefficients})
    hostile = render(result.model_copy(update={"model": model, "harmonized": harmonized}))
    assert "<script" not in hostile
    assert "&lt;script&gt;" in hostile


def test_hidden_sums_and_deviations_are_said(result):
    deviation = "site south took no part (data-missing)"
    shown = render(result.model_copy(update={"harmonized": (), "deviations": (deviation,)}))
    assert "keeps the sums of single sites hidden" in shown
    assert deviation in shown


def test_a_model_without_features_and_unfinished_training(result):
    training = result.model.training.model_copy(update={"converged": False, "unusable": ("fold-3",)})
    model = result.model.model_copy(update={"coefficients": (), "training": training})
    shown = render(result.model_copy(update={"model": model}))
    assert "NOT CONVERGED" in shown
    assert "not trained: fold-3" in shown


def test_what_is_written_reads_back(result, tmp_path):
    report = write(result, tmp_path / "out")
    assert report.read_text(encoding="utf-8") == render(result)
    content = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert Result.model_validate(content) == result
    assert sorted(path.name for path in report.parent.iterdir()) == ["report.html", "result.json"]


def test_a_small_model_is_a_nomogram_with_its_formula():
    shown = render(whole_result(selected=8))
    assert "As a nomogram" in shown
    assert "risk = 1 / (1 + exp(−log-odds))" in shown
    assert "As a nomogram" not in render(whole_result(selected=13))


PICTURE = Picture("Habitats of a simulated patient", b"\x89PNG")


def test_a_picture_of_a_simulated_patient_needs_no_other_file(result):
    shown = render(result, [PICTURE])
    assert '<img src="data:image/png;base64,iVBORw=="' in shown
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in shown


def test_no_picture_of_a_real_patient_enters_a_report(tmp_path):
    question = {"endpoint": "her2-zero-vs-low", "patients": "real"}
    with pytest.raises(MrfedError, match="no picture of a real patient") as caught:
        write(whole_result(question=question), tmp_path, [PICTURE])
    assert caught.value.code is Code.REFUSED
    assert not (tmp_path / "report.html").exists()


def test_habitats_are_told_with_units_and_what_a_site_does_to_them(result):
    model = HabitatModel(
        maps=("wash_in", "adc"),
        rounds=2,
        settled=False,
        found=tuple(
            FoundHabitats(
                left_out=site,
                mean=(2.0, 1e-3),
                scale=(0.5, 2e-4),
                centroids=((-1.0, 0.5), (1.0 + moved, -0.5)),
                shares=(0.4, 0.6),
            )
            for site, moved in ((None, 0.0), ("north", 0.1), ("east", 0.3))
        ),
    )
    shown = render(result.model_copy(update={"habitats": model}))
    assert "wash in (%/s)" in shown
    assert '<td class="n">60.0 %</td><td class="n">2.5</td><td class="n">0.0009</td>' in shown
    assert "is 0.30 standard deviations, without east" in " ".join(shown.split())


def test_stability_is_counted_by_kind(result):
    def feature(name, icc, low, stable):
        return FeatureStability(
            feature=name, icc=icc, low=low, high=0.99, patients=40, votes=2, voices=3, stable=stable
        )

    features = (
        feature("adc.tumour.original_glcm_Idm", 0.9, 0.8, True),
        feature("adc.tumour.original_glcm_Contrast", 0.8, 0.6, True),
        feature("mask.tumour.original_shape_Sphericity", 0.4, 0.2, False),
        feature("adc.habitat_1.original_firstorder_Mean", None, None, False),
    )
    asked = whole_result(stability={"sites": 0.6})
    shown = " ".join(render(asked.model_copy(update={"stability": features})).split())
    assert "2 of 4 features are stable: ICC(2,1) of 0.75 or more at 60 % of the sites" in shown
    row = '<th scope="row">adc tumour glcm</th>' + "".join(f'<td class="n">{one}</td>' for one in (2, 2, 1, "0.85"))
    assert row in shown
    assert "Stability of the features" not in render(result)


def test_every_feature_is_explained_where_the_study_takes_them_from_images(page):
    assert "<h2>The features</h2>" not in page, "ready tables name their columns in their own way"
    names = ("adc.ring_0_3mm.original_firstorder_Mean", "mask.tumour.original_shape_Sphericity")
    frozen = FrozenHarmonization(
        patients=243, features=names, categories={}, alpha=(0.0, 0.0), beta=(), variance=(1.0, 1.0)
    )
    radiomics = {"imaging": {"sequences": ["dce"]}, "maps": [{"name": "wash_in"}], "radiomics": {"preset": "ibsi"}}
    result = whole_result(**radiomics)
    shown = render(result.model_copy(update={"model": result.model.model_copy(update={"harmonization": frozen})}))
    rows = re.findall(r"<tr><th scope=\"row\">([^<]*)</th><td>([^<]*)</td><td>([^<]*)</td><td>([^<]*)</td>", shown)
    assert (names[0], "Q4LE", "adc", "ring_0_3mm") in rows
    assert (names[1], "QCFX", "mask", "tumour") in rows
