"""ComBat against neuroCombat, the R implementation, and where neuroCombat is wrong."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import neuroCombat as nc
import numpy as np
import pandas as pd
import pytest

from harmonization.combat import Settings, Shrinkage, apply, fit_batch, harmonize_pooled
from harmonization.errors import HarmonizationError, TooFewPatientsError
from harmonization.federated import Totals, site_totals, solve
from harmonization.sums import total
from shared.contract.fixed_point import FixedPoint, add, exponents_of
from tests.harmonization.reference import cohort, neuro_combat, no_covariates, off

RealData = Callable[[str], Path]
EXACT = 1e-10
"""Of the feature's standard deviation."""

NONE = Settings(Shrinkage.NONE)
VARIANTS = [
    pytest.param(Settings(), {}, id="parametric"),
    pytest.param(NONE, {"eb": False}, id="none"),
    pytest.param(Settings(mean_only=True), {"mean_only": True}, id="mean-only"),
    pytest.param(Settings(Shrinkage.NONE, mean_only=True), {"eb": False, "mean_only": True}, id="none-mean-only"),
    pytest.param(Settings(Shrinkage.NONPARAMETRIC), {"parametric": False}, id="nonparametric"),
    pytest.param(
        Settings(Shrinkage.NONPARAMETRIC, mean_only=True),
        {"parametric": False, "mean_only": True},
        id="nonparametric-mean-only",
    ),
]


@pytest.fixture(scope="module")
def ispy(real_data: RealData):
    table = pd.read_csv(real_data("ispy1_radiomics") / "features.csv.gz")
    x = table.loc[:, table.columns.str.startswith("T1_")].to_numpy(dtype=np.float64)
    # the reference casts covariates to float32
    age = np.float32(table["age"].to_numpy()).astype(np.float64)
    return x, table["site"].to_numpy(dtype=str), age[:, None]


@pytest.mark.real
@pytest.mark.parametrize(("settings", "options"), VARIANTS)
def test_equals_neurocombat_on_real_radiomics(ispy, settings, options):
    x, site, z = ispy
    theirs = neuro_combat(x, site, {"age": z[:, 0]}, continuous_cols=["age"], **options)["data"].T
    assert off(harmonize_pooled(x, site, z, settings).x, theirs, x) < EXACT


@pytest.mark.parametrize(("settings", "options"), VARIANTS)
def test_equals_neurocombat_with_categories_and_numbers(settings, options):
    x, batch, z = cohort(1)
    sex = np.tile(["f", "m", "f", "o"], len(x))[: len(x)]
    theirs = neuro_combat(
        x, batch, {"age": z[:, 0], "sex": sex}, categorical_cols=["sex"], continuous_cols=["age"], **options
    )["data"].T
    indicators = np.column_stack([sex == "m", sex == "o"]).astype(np.float64)
    ours = harmonize_pooled(x, batch, np.hstack([indicators, z]), settings).x
    assert off(ours, theirs, x) < EXACT


@pytest.mark.real
@pytest.mark.parametrize("covariate", ["adjusted", "unadjusted"])
@pytest.mark.parametrize(("suffix", "settings"), [("", Settings()), ("_noeb", NONE)])
def test_equals_r_implementation(real_data: RealData, covariate, suffix, settings):
    folder = real_data("combat_reference")
    x = pd.read_csv(folder / "input.csv").to_numpy(dtype=np.float64).T
    theirs = pd.read_csv(folder / f"testdata_combat_parametric_{covariate}{suffix}_r.csv").to_numpy().T
    batch = np.repeat([1, 2], 5)
    z = np.tile([0.0, 1.0], 5)[:, None] if covariate == "adjusted" else no_covariates(x)
    assert off(harmonize_pooled(x, batch, z, settings).x, theirs, x) < EXACT


@pytest.mark.real
def test_sites_together_equal_the_pooled_table(ispy):
    x, site, z = ispy
    sites = {name: site == name for name in np.unique(site)}
    consensus = solve(total(site_totals(x[own], site[own], z[own]) for own in sites.values()))
    ours = np.empty_like(x)
    for own in sites.values():
        effect = fit_batch(x[own], z[own], consensus, Settings())
        ours[own] = apply(x[own], z[own], consensus, effect)
    assert off(ours, harmonize_pooled(x, site, z, Settings()).x, x) < EXACT


@pytest.mark.real
def test_sums_under_masks_lose_nothing_that_shows(ispy):
    x, site, z = ispy
    x = x * 10.0 ** np.linspace(-6, 11, x.shape[1])
    own = [site == name for name in np.unique(site)]
    parts = [site_totals(x[mine], site[mine], z[mine]).arrays() for mine in own]
    encodings = {name: FixedPoint(exponents_of(values)) for name, values in parts[0].items()}
    encoded = [{name: encodings[name].encode(values, len(own)) for name, values in part.items()} for part in parts]
    summed = encoded[0]
    for other in encoded[1:]:
        for name in summed:
            add(summed[name], other[name])
    consensus = solve(Totals.from_arrays({name: encodings[name].decode(values) for name, values in summed.items()}))
    pooled = harmonize_pooled(x, site, z, Settings())
    for mine in own:
        ours = apply(x[mine], z[mine], consensus, fit_batch(x[mine], z[mine], consensus, Settings()))
        assert np.abs((ours - pooled.x[mine]) / x.std(axis=0)).max() < EXACT


def test_removes_location_and_scale_by_hand():
    # two batches of four with means 1 and 5, squared deviations 20 and 180: alpha 3, pooled variance 200 / 8
    x = np.array([-2.0, 0, 2, 4, -4, 2, 8, 14])[:, None]
    batch = np.repeat(["a", "b"], 4)
    ours = harmonize_pooled(x, batch, no_covariates(x), NONE)
    assert ours.consensus.alpha == pytest.approx([3.0])
    assert ours.consensus.variance == pytest.approx([25.0])
    # gamma = (1 - 3) / 5, delta = (20 / 3) / 25: sd_a = sqrt(20/3), so a patient 3 under the mean of her batch
    # ends 3 * 5 / sqrt(20/3) under the common mean
    assert ours.effects["a"].gamma_star == pytest.approx([-0.4])
    assert ours.effects["a"].delta_star == pytest.approx([20 / 75])
    assert ours.x[0, 0] == pytest.approx(3 - 3 * 5 / np.sqrt(20 / 3))
    assert ours.x[7, 0] == pytest.approx(3 + 9 * 5 / np.sqrt(180 / 3))


@pytest.mark.parametrize("settings", [Settings(), NONE, Settings(Shrinkage.NONPARAMETRIC), Settings(mean_only=True)])
def test_reference_batch_stays_and_draws_the_others_to_it(settings):
    x, batch, z = cohort(2)
    ours = harmonize_pooled(x, batch, z, settings, reference="b1")
    mine = batch == "b1"
    assert np.array_equal(ours.x[mine], x[mine])
    # by the definition: an intercept for each batch, location and scale (ddof 0) of the reference batch
    design = np.column_stack([batch[:, None] == np.unique(batch), z])
    coefficients = np.linalg.lstsq(design, x, rcond=None)[0]
    alpha, beta = coefficients[1], coefficients[3:]
    deviation = np.sqrt(((x - design @ coefficients)[mine] ** 2).mean(axis=0))
    assert ours.consensus.alpha == pytest.approx(alpha, rel=1e-9)
    assert np.sqrt(ours.consensus.variance) == pytest.approx(deviation, rel=1e-9)
    if settings == NONE:
        for other in ("b0", "b2"):
            residual = (ours.x - z @ beta)[batch == other]
            assert residual.mean(axis=0) == pytest.approx(alpha, abs=1e-9)
            assert residual.std(axis=0, ddof=1) == pytest.approx(deviation, rel=1e-9)


def test_reference_batch_crashes_the_reference_implementation():
    x, batch, _ = cohort(2)
    with pytest.raises(AttributeError, match=r"np\.int"):
        neuro_combat(x, batch, ref_batch="b1")


def test_unknown_reference_batch_is_named():
    x, batch, z = cohort(2)
    with pytest.raises(HarmonizationError, match=r"reference batch b9; there are: b0, b1, b2"):
        harmonize_pooled(x, batch, z, NONE, reference="b9")


@pytest.mark.parametrize("settings", [Settings(), NONE, Settings(Shrinkage.NONPARAMETRIC)])
def test_constant_features_stay_and_move_no_other(settings):
    x, batch, z = cohort(3)
    constant = np.column_stack([x, np.full(len(x), 0.1), np.zeros(len(x)), np.full(len(x), 1e11)])
    ours = harmonize_pooled(constant, batch, z, settings)
    assert np.array_equal(ours.x[:, -3:], constant[:, -3:])
    assert np.array_equal(ours.consensus.variance[-3:], np.zeros(3))
    assert off(ours.x[:, :-3], harmonize_pooled(x, batch, z, settings).x, x) < 1e-12


def test_constant_features_move_others_in_the_reference_implementation():
    x, batch, _ = cohort(3)
    alone = neuro_combat(x, batch)["data"].T
    beside = neuro_combat(np.column_stack([x, np.zeros((len(x), 5))]), batch)["data"].T
    assert off(beside[:, :-5], alone, x) > 1e-3


def test_feature_constant_in_each_batch_but_not_overall_is_left_alone():
    x, batch, z = cohort(4)
    stepped = np.column_stack([x, (batch == "b1") * 3.0])
    ours = harmonize_pooled(stepped, batch, z, Settings())
    assert np.array_equal(ours.x[:, -1], stepped[:, -1])
    assert np.isfinite(ours.x).all()


def test_a_feature_constant_in_one_batch_follows_the_reference_implementation():
    x, batch, _ = cohort(5)
    x[batch == "b0", 0] = 2.0
    theirs = neuro_combat(x, batch, eb=False)["data"].T
    assert off(harmonize_pooled(x, batch, no_covariates(x), NONE).x, theirs, x) < EXACT


def test_one_patient_has_no_scale():
    x, batch, z = cohort(6, sizes=(12, 1, 9))
    with pytest.raises(TooFewPatientsError, match=r"a batch of 1 patient\(s\)"):
        harmonize_pooled(x, batch, z, Settings())
    mean_only = harmonize_pooled(x, batch, z, Settings(mean_only=True)).x
    assert np.isfinite(mean_only).all()
    # without the lone batch everything is as if it had never been there
    others = batch != "b1"
    consensus = solve(site_totals(x[others], batch[others], z[others]))
    effect = fit_batch(x[batch == "b0"], z[batch == "b0"], consensus, Settings())
    assert np.isfinite(apply(x[batch == "b0"], z[batch == "b0"], consensus, effect)).all()


def test_one_patient_batch_turns_everything_into_nan_in_the_reference_implementation():
    x, batch, _ = cohort(6, sizes=(12, 1, 9))
    theirs = neuro_combat(x, batch)["data"].T
    assert np.isnan(theirs[batch == "b1"]).all()


def test_hundreds_of_patients_underflow_in_the_reference_implementation_and_not_here():
    x, batch, _ = cohort(7, sizes=(900, 700), features=12)
    theirs = neuro_combat(x, batch, parametric=False)["data"].T
    ours = harmonize_pooled(x, batch, no_covariates(x), Settings(Shrinkage.NONPARAMETRIC)).x
    assert np.isnan(theirs).any()
    assert np.isfinite(ours).all()


def test_float32_table_keeps_few_digits_in_the_reference_implementation():
    x, batch, _ = cohort(8)
    frame = pd.DataFrame((x + 1e4).T)
    covars = pd.DataFrame({"batch": batch})
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = nc.neuroCombat(frame, covars, "batch")["data"].T
    ours = harmonize_pooled(x + 1e4, batch, no_covariates(x), Settings()).x
    exact = harmonize_pooled(x, batch, no_covariates(x), Settings()).x + 1e4
    assert off(ours, exact, x) < 1e-9
    assert off(theirs, exact, x) > 1e-4


def test_one_feature_alone_has_nobody_to_borrow_from():
    x, batch, z = cohort(9, features=1)
    for settings in (Settings(), Settings(Shrinkage.NONPARAMETRIC)):
        with pytest.raises(HarmonizationError, match="borrows from other features, and 1"):
            harmonize_pooled(x, batch, z, settings)
    assert np.isfinite(harmonize_pooled(x, batch, z, NONE).x).all()


def test_a_prior_that_is_a_point_gives_its_value():
    random = np.random.default_rng(10)
    base = random.normal(size=12)
    base -= base.mean()
    # every feature has the same spread in every batch: delta does not vary over features
    x = np.column_stack([base + shift for shift in (0.0, 3.0, 7.0)])
    x = np.vstack([x, 2 * x + random.normal(size=3)])
    batch = np.repeat(["a", "b"], 12)
    ours = harmonize_pooled(x, batch, no_covariates(x), Settings())
    assert np.isfinite(ours.x).all()
    assert ours.effects["a"].delta_star == pytest.approx(ours.effects["a"].delta_hat, rel=1e-6)
