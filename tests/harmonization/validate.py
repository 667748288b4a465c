"""Write docs/validation-harmonization.md: `python -m tests.harmonization.validate [FOLDER OF THE REFERENCE DATA]`."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import f_oneway
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from harmonization import assess, trials
from harmonization.array import Array, Labels
from harmonization.combat import Settings, Shrinkage, apply, harmonize_pooled
from harmonization.covbat import harmonize_pooled_covariance
from harmonization.design import Spline
from harmonization.errors import TooFewPatientsError
from harmonization.power import likeliest, power_sums, yeo_johnson
from harmonization.probe_forest import Size
from harmonization.sums import total
from harmonization.unseen_site import join
from tests.bench import bench_combat
from tests.harmonization.federation import (
    Hospital,
    Prober,
    assessment,
    consensus_of,
    dealt,
    harmonized,
    ispy1,
    on_common_scale,
)
from tests.harmonization.published_covbat import published
from tests.harmonization.reference import cohort, neuro_combat, no_covariates, off
from tests.harmonization.run_of_trials import run, seen

DOCUMENT = Path("docs/validation-harmonization.md")
DEALS = 100
DRAWS = 20
SEEDS = 3
ASKED = trials.Plan(classes=4, folds=5, deals=DEALS, size=Size(20, 3, 20), seed=1, smallest=2)
"""The probes as a study of these hospitals asks for them."""


def table(heading: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """Markdown; all columns but the first are numbers."""
    yield f"| {' | '.join(heading)} |"
    yield f"| --- |{' ---: |' * (len(heading) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def pooled(hospitals: Sequence[Hospital]) -> tuple[Array, Labels, Array]:
    """The table that no coordinator has."""
    x, age = (np.concatenate([getattr(one, name) for one in hospitals]) for name in ("x", "z"))
    batch = np.repeat([one.name for one in hospitals], [len(one.x) for one in hospitals])
    return x, batch, np.float32(age).astype(np.float64)


def equality(hospitals: Sequence[Hospital], folder: Path) -> Iterator[Sequence[str]]:
    """Variant, reference, largest difference."""
    x, batch, z = pooled(hospitals)
    rounded = [replace(one, z=np.float32(one.z).astype(np.float64)) for one in hospitals]
    named = {"age": z[:, 0]}
    for name, settings, options in (
        ("empirical Bayes, parametric", Settings(), {}),
        ("empirical Bayes, non-parametric", Settings(Shrinkage.NONPARAMETRIC), {"parametric": False}),
        ("no empirical Bayes", Settings(Shrinkage.NONE), {"eb": False}),
        ("mean only, parametric", Settings(mean_only=True), {"mean_only": True}),
        ("mean only, no empirical Bayes", Settings(Shrinkage.NONE, mean_only=True), {"eb": False, "mean_only": True}),
    ):
        theirs = neuro_combat(x, batch, named, continuous_cols=["age"], **options)["data"].T
        ours = np.concatenate([one.x for one in harmonized(rounded, settings)])
        yield name, "neuroCombat 0.2.12", f"{off(ours, theirs, x):.1e}"
    basis = np.float32(Spline("age", (30, 42, 52, 70)).encode(z[:, 0])).astype(np.float64)
    curved = [replace(one, z=basis[batch == one.name]) for one in hospitals]
    columns = {f"age{index}": column for index, column in enumerate(basis.T)}
    theirs = neuro_combat(x, batch, columns, continuous_cols=list(columns))["data"].T
    ours = np.concatenate([one.x for one in harmonized(curved, Settings())])
    yield "parametric, age along a spline", "neuroCombat 0.2.12, given the columns", f"{off(ours, theirs, x):.1e}"
    ours = harmonize_pooled_covariance(x, batch, z, Settings())
    reference = "neuroCombat, SVD, neuroCombat as published"
    yield "CovBat, 95 % of the variance", reference, f"{off(ours, published(x, batch, z[:, 0]), x):.1e}"
    random = np.random.default_rng(0)
    holes = np.where(random.random(x.shape) < 0.05, np.nan, x)
    ours = harmonize_pooled(holes, batch, z, Settings(Shrinkage.NONE)).x
    worst = 0.0
    for feature, column in enumerate(holes.T):
        there = ~np.isnan(column)
        alone = column[there][:, None]
        theirs = neuro_combat(alone, batch[there], {"age": z[there, 0]}, continuous_cols=["age"], eb=False)["data"].T
        worst = max(worst, off(ours[there][:, [feature]], theirs, alone))
    yield "no empirical Bayes, 5 % of values missing", "neuroCombat, feature by feature", f"{worst:.1e}"
    small = pd.read_csv(folder / "combat_reference" / "input.csv").to_numpy(dtype=np.float64).T
    for covariate in ("adjusted", "unadjusted"):
        for suffix, settings in (("", Settings()), ("_noeb", Settings(Shrinkage.NONE))):
            file = folder / "combat_reference" / f"testdata_combat_parametric_{covariate}{suffix}_r.csv"
            z_small = np.tile([0.0, 1.0], 5)[:, None] if covariate == "adjusted" else no_covariates(small)
            ours = harmonize_pooled(small, np.repeat([1, 2], 5), z_small, settings).x
            name = f"{'no empirical Bayes' if suffix else 'parametric'}, gender {covariate}"
            yield name, "R, 200 x 10", f"{off(ours, pd.read_csv(file).to_numpy().T, small):.1e}"


def failures() -> Iterator[Sequence[str]]:
    """Input, what neuroCombat makes of it, what this project does."""
    x, batch, z = cohort(3)

    def unusable(values: Array) -> str:
        return f"{np.isnan(values).mean():.0%} of the values NaN"

    try:
        neuro_combat(x, batch, ref_batch="b1")
    except AttributeError as error:
        crashed = str(error).partition(".\n")[0].replace("\n", " ")[:60]
    stays = np.array_equal(harmonize_pooled(x, batch, z, Settings(), "b1").x[batch == "b1"], x[batch == "b1"])
    yield "reference batch", f"crashes: {crashed}", f"the reference batch is unchanged: {'yes' if stays else 'no'}"
    more = np.column_stack([x, np.zeros((len(x), 5))])
    moved = off(neuro_combat(more, batch)["data"].T[:, :-5], neuro_combat(x, batch)["data"].T, x)
    ours = harmonize_pooled(more, batch, no_covariates(x), Settings()).x[:, :-5]
    here = off(ours, harmonize_pooled(x, batch, no_covariates(x), Settings()).x, x)
    yield "five constant features beside thirty others", f"others move by up to {moved:.2g} SD", f"by {here:.1g} SD"
    holes = x.copy()
    holes[0, 0] = np.nan
    theirs, ours = neuro_combat(holes, batch)["data"], harmonize_pooled(holes, batch, z, Settings()).x
    yield "one missing value", unusable(theirs), f"{int(np.isnan(ours).sum())} of {ours.size} values NaN"
    lone, labels, ages = cohort(6, sizes=(12, 1, 9))
    try:
        harmonize_pooled(lone, labels, ages, Settings())
    except TooFewPatientsError as error:
        said = str(error).partition(";")[0]
    yield "a batch of one patient", unusable(neuro_combat(lone, labels)["data"]), f"refuses: {said}"
    many, labels, _ = cohort(7, sizes=(900, 700), features=12)
    theirs = neuro_combat(many, labels, parametric=False)["data"]
    ours = harmonize_pooled(many, labels, no_covariates(many), Settings(Shrinkage.NONPARAMETRIC)).x
    yield "non-parametric, 1600 patients", unusable(theirs), unusable(ours)


def differences(before: assess.Assessment, after: assess.Assessment) -> Iterator[Sequence[str]]:
    """Test, and features that differ before and after."""
    for name, words in (
        ("site_means", "mean differs by site (ANOVA)"),
        ("site_spreads", "spread differs by site (Levene, about the median)"),
        ("scanner_means", "mean differs by scanner (ANOVA)"),
        ("scanner_spreads", "spread differs by scanner (Levene)"),
        ("covariates", "age has an effect (F, within scanners)"),
        ("label", "hormone-receptor status has an effect (F, within scanners)"),
    ):
        tests = [getattr(one, name) for one in (before, after)]
        counts = [assess.differing(test) for test in tests]
        shares = [f"{np.median(test.share):.1%}" for test in tests]
        many = [f"{one.bonferroni} / {one.false_discovery}" for one in counts]
        yield words, *many, *shares


def probes(hospitals: Sequence[Hospital], before: assess.Assessment) -> Iterator[Sequence[str]]:
    """Table, and AUC of both probes: of the site before and after, of dealt labels before and after."""
    common = consensus_of(hospitals)
    powers = likeliest(total(power_sums(u) for u in on_common_scale(hospitals, common)))
    bent = [
        replace(one, x=yeo_johnson(u, powers))
        for one, u in zip(hospitals, on_common_scale(hospitals, common), strict=True)
    ]
    everything = np.ones(len(powers), dtype=bool)
    for words, given, among in (
        ("all features", hospitals, everything),
        ("without skewed or tied features", hospitals, ~before.shape.awkward),
        ("all features, power transform first", bent, everything),
    ):
        scale = consensus_of(given)
        raw, combat = on_common_scale(given, scale), on_common_scale(harmonized(given, Settings()), scale)
        prober = Prober(raw, Size(), 0, among)
        site = [np.full(len(one.x), one.name) for one in given]
        found = [prober.auc(raw, site), prober.auc(combat, site)]
        chance, written = [], []
        for tables, labels in dealt(given, range(DEALS), Settings()):
            after = [replace(one, x=x) for one, x in zip(given, tables, strict=True)]
            chance.append(prober.auc(raw, labels))
            written.append(prober.auc(on_common_scale(after, scale), labels))
        for index, probe in enumerate(("linear", "forest")):
            spread = np.array([one[index] for one in written])
            yield (
                f"{words} ({int(among.sum())}), {probe}",
                f"{found[0][index]:.2f}",
                f"{found[1][index]:.2f}",
                f"{np.mean([one[index] for one in chance]):.2f}",
                f"{spread.mean():.2f} ({np.quantile(spread, 0.025):.2f} to {np.quantile(spread, 0.975):.2f})",
            )


def asked(hospitals: Sequence[Hospital]) -> Iterator[Sequence[str]]:
    """Probe, and AUC before, after and after dealt labels, by the exchanges of a study."""
    *_, counts, _ = run(seen(hospitals, DEALS, ASKED.folds), ASKED)
    real, by_chance = trials.areas(ASKED, counts)
    for index, probe in enumerate(trials.PROBES):
        low, high = np.percentile(by_chance[:, index], [2.5, 97.5])
        cells = [f"{real[place, index]:.2f}" for place in (trials.BEFORE, trials.AFTER)]
        yield probe, *cells, f"{by_chance[:, index].mean():.2f} ({low:.2f} to {high:.2f})"


def _megabytes(plan: trials.Plan, features: int) -> float:
    """What a site sends under masks in the exchanges of the probes, without covariates."""
    numbers = plan.deals * plan.classes * (1 + 2 * features)
    numbers += features * (features + 1) // 2 + features * len(trials.CELLS)
    of_trial = plan.size.trees * (2**plan.size.depth - 1) * (plan.size.rules + 1) * plan.classes
    numbers += len(plan.trials) * (of_trial + plan.classes * (1 + features))
    numbers += plan.tables * len(trials.PROBES) * plan.classes * 2 * trials.SCORES
    return 16 * numbers / 1e6


def centralized(hospitals: Sequence[Hospital]) -> Iterator[Sequence[str]]:
    """The same question put to scikit-learn on the pooled table."""
    x, batch, _ = pooled(hospitals)
    shuffled = np.random.default_rng(0).permutation(batch)
    z = no_covariates(x)
    tables = (
        (x, batch),
        (harmonize_pooled(x, batch, z, Settings()).x, batch),
        (x, shuffled),
        (harmonize_pooled(x, shuffled, z, Settings()).x, shuffled),
    )
    for name, model in (
        ("logistic regression", make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))),
        ("random forest, 200 trees", RandomForestClassifier(200, random_state=0)),
    ):
        cells = []
        for values, labels in tables:
            scores = []
            for seed in range(SEEDS):
                folds = StratifiedKFold(5, shuffle=True, random_state=seed)
                guess = cross_val_predict(model, values, labels, cv=folds, method="predict_proba")
                scores.append(roc_auc_score(labels, guess, multi_class="ovr", average="macro"))
            cells.append(f"{np.mean(scores):.2f}")
        yield name, *cells


def unseen_sites(hospitals: Sequence[Hospital]) -> Iterator[Sequence[str]]:
    """Site left out, and how far its evaluated patients' means lie from the others', in four ways."""
    random = np.random.default_rng(0)
    for left_out in hospitals:
        others = [one for one in hospitals if one is not left_out]
        consensus = consensus_of(others)
        deviation = np.sqrt(consensus.variance)

        def away(x: Array, z: Array, consensus=consensus, deviation=deviation) -> float:
            return float(np.median(np.abs(((x - consensus.alpha - z @ consensus.beta) / deviation).mean(axis=0))))

        cells = [f"{away(left_out.x, left_out.z):.2f}"]
        for count in (10, 20, 50):
            if len(left_out.x) < count + 9:
                cells.append("too few patients")
                continue
            found = []
            for _ in range(DRAWS):
                order = random.permutation(len(left_out.x))
                own, rest = order[:count], order[count:]
                own_effect = join(left_out.x[own], left_out.z[own], consensus, Settings(), fewest=count).effect
                after = apply(left_out.x[rest], left_out.z[rest], consensus, own_effect)
                found.append(away(after, left_out.z[rest]))
            cells.append(f"{np.mean(found):.2f}")
        whole = join(left_out.x, left_out.z, consensus, Settings(), fewest=10).effect
        cells.append(f"{away(apply(left_out.x, left_out.z, consensus, whole), left_out.z):.2f}")
        yield f"{left_out.name} ({len(left_out.x)})", *cells


def document(folder: Path) -> Iterator[str]:
    """All of the page, line by line."""
    hospitals = ispy1(folder / "ispy1_radiomics")
    bare = [replace(one, z=no_covariates(one.x)) for one in hospitals]
    x = np.concatenate([one.x for one in hospitals])
    before = assessment(hospitals, consensus_of(hospitals))
    after = assessment(harmonized(hospitals, Settings()), consensus_of(hospitals))
    yield from (
        "# Harmonization against its references",
        "",
        "Made by `python -m tests.harmonization.validate`; every number below was computed by it.",
        f"The real table is the radiomics of I-SPY1: {len(x)} patients, {x.shape[1]} features, "
        f"{len(hospitals)} hospitals. Its label here is hormone-receptor status.",
        "",
        "## Equal to the pooled computation",
        "",
        "Harmonized values from the sums of four hospitals (each its own batch, age as covariate), against the",
        "reference on the pooled table. The difference is the largest of all values, in standard deviations of",
        "its feature. The rows against R are a small table of the R implementation's own tests.",
        "",
    )
    yield from table(("variant", "reference", "largest difference"), equality(hospitals, folder))
    yield from ("## Where the reference implementation is wrong", "", "Drawn tables of three batches.", "")
    yield from table(("input", "neuroCombat 0.2.12", "here"), failures())
    yield from (
        "## Speed and size",
        "",
        "Processor seconds of one core, the work of all sites together against neuroCombat on the pooled table, in",
        "the same run; two covariates (`make bench` measures the same).",
        "",
    )
    figures = bench_combat.figures()
    yield from table(("measured", "value", "target"), (_figure(one) for one in figures))
    yield from (
        "## Site and scanner effects in real radiomics",
        "",
        "Features that differ, by Bonferroni / by false discovery rate, at 5 %, and the share of a feature's",
        "variance that is explained (median over features), before and after ComBat by site with age kept.",
        "All from sums. Scanners within a site are not harmonized here, since the batch is the site.",
        "",
    )
    heading = ("test", "before", "after", "share before", "share after")
    yield from table(heading, differences(before, after))
    several = f_oneway(*(one.x for one in hospitals)).pvalue
    yield f"SciPy on the pooled table finds {int((several * len(several) < 0.05).sum())} features by Bonferroni."
    shape = before.shape
    yield from (
        "",
        "## Does a classifier still find the site?",
        "",
        "AUC, one site against the rest, averaged; five folds. After ComBat a forest may find the site because",
        "ComBat itself wrote it there: every batch of a skewed or tied feature is shifted and stretched as a whole.",
        f"So each probe is compared with ComBat on {DEALS} permutations of the batch labels (mean, and central",
        "95 % of them). A linear probe falls under 0.5 because ComBat makes the means of the batches equal: what",
        "lies above in the training folds lies below in the fold that is left out.",
        f"{int(shape.awkward.sum())} of {x.shape[1]} features are skewed (|skewness| at least 1) or tied (5 % at one",
        "value).",
        "",
    )
    heading = ("features, probe", "site, before", "site, after", "permuted labels, before", "permuted labels, after")
    yield from table(heading, probes(bare, before))
    yield from (
        f"For comparison, scikit-learn on the pooled table, {SEEDS} seeds, one permutation:",
        "",
    )
    yield from table(("model", *heading[1:]), centralized(bare))
    yield from (
        "As a study asks it (`harmonization.probe`): 20 trees of 3 levels, ComBat on the permuted labels too, each",
        f"permutation scored on one fold, intervals over groups of {ASKED.folds} permutations; "
        f"{ASKED.size.depth + 2} exchanges, {_megabytes(ASKED, x.shape[1]):.1f} MB up a site under masks.",
        "",
    )
    yield from table(("probe", "site, before", "site, after", f"permuted labels ({DEALS}), after"), asked(bare))
    yield from (
        "## A hospital that was not in the fit",
        "",
        "How far the mean of a feature lies from the other hospitals', at the patients that are evaluated (median",
        "over features, in pooled standard deviations): as it is; harmonized from 10, 20 or 50 other patients of its",
        f"own, without labels (mean of {DRAWS} draws); and from the very patients that are evaluated. Part of it is",
        "the chance of few evaluated patients.",
        "",
    )
    yield from table(("left out (patients)", "raw", "10", "20", "50", "transductive"), unseen_sites(hospitals))
    yield from ("## Skewed or tied features", "", "<details><summary>Their names</summary>", "")
    names = pd.read_csv(folder / "ispy1_radiomics" / "features.csv.gz", nrows=0).columns
    names = names[names.str.startswith("T1_")]
    yield ", ".join(f"`{name}`" for name in names[shape.awkward])
    yield from ("", "</details>")


def _figure(one: bench_combat.Figure) -> Sequence[str]:
    sign = {"higher": "at least", "lower": "at most"}[one.better]
    target = "" if one.target is None else f"{sign} {one.target:g}{'' if one.reached else ', NOT reached'}"
    return one.name, f"{one.value:.4g} {one.unit}", target


def main() -> None:
    """Compute and write."""
    default = os.environ.get("MRFED_TEST_DATA", "../shared/data")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    partial = DOCUMENT.with_suffix(".partial")
    partial.write_text("\n".join(document(folder)) + "\n", encoding="utf-8")
    os.replace(partial, DOCUMENT)


if __name__ == "__main__":
    main()
