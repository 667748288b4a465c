"""Write docs/validation-learning.md: what a study learns, held against pooled references and against chance.

Run as `python -m tests.validation.learning` (`make validate-learning`). Every part is kept under out/validate-learning
as it is made, so that an interrupted run goes on; remove the folder to measure anew. With `--kept` the page is written
from the parts that are there, and says which are not.
"""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from shared.files import durable_file
from tests.conftest import REAL_DATA
from tests.validation import learning_intervals as intervals
from tests.validation import learning_measures as measures
from tests.validation import learning_regression as regression
from tests.validation import null_scenario as null

PAGE = Path("docs/validation-learning.md")
KEPT = Path("out/validate-learning")

_HEAD = """# What a study learns, compared with references

Written by `make validate-learning`; every number is from that run. *Local*: each site trains on its own patients alone.
*Pooled*: all patients on one table. *Federated*: sums under masks. All three have the same patients, folds, settings
and penalties. AUC is that of pairs within sites. Intervals are 95 %: of an AUC score intervals, of other measures by
patients drawn anew within sites; of a difference on left-out sites DeLong's, paired. All are widened by half, because
evaluated patients train each other's models."""

_EQUAL = """## Every model beside its reference

Each kind of model runs through the exchanges of three simulated sites, under masks, and is compared with its reference
on the pooled table."""

_CERTIFICATE = """## Every quantity of a study beside its pooled value

`mrfed-simulate compare` on {title}. Where patients may not be pooled, `mrfed-simulate certify result.json` makes the
same table from synthetic rows drawn to the sites' sizes."""

_REAL = """HER2 positive against negative from 370 radiomic features of 139 real patients at four sites of I-SPY 1 (136
with a label). The features had been standardized over all sites before they were published: this tests software.

**On these data HER2 is close to chance.** {verdict} {apart}
Nothing here shows that MRI predicts HER2 status, or that it does not."""

_SIMULATED = """SIMULATED PATIENTS. Effects were programmed. Performance says nothing about patients.

HER2-zero against HER2-low at four simulated hospitals of some thirty patients each, from DICOM that
`mrfed-simulate cohort` writes, with misread labels. {verdict} {apart}"""

_NULL = """## Where there is nothing to find

{seeds} simulated cohorts of four sites with scanner effects, prevalences of 20 to 60 % and no effect of the class, at
feature level: ComBat, ranking, selection and training in every fold, by the functions of a study. Labels are shuffled
{shuffles} times within sites and folds; the test should reject at 5 %."""

_INTERVALS = """## How often intervals and tests err

{cohorts} simulated cohorts of each kind at feature level, by the functions of a study: four sites of 30 patients with
scanner effects and prevalences of 25 to 60 %, 5 folds, every site left out once, and as many untouched patients. In
cross-validation and on left-out sites evaluated patients train each other's models; there variances are 2.25 times
those of independent patients (`shared/metrics/dependence.py`). A row should show 5 % at most; the widening is an upper
bound, so that intervals err less often than that. The true AUC of a view is that of the models which it is about, on
1,000 further patients."""

_WHOLE = """The same through the whole product, where no class has an effect: tables on disk, four sites of 30 patients
that train and one that trains nothing, approval, masks, and the result as the report shows it. {cohorts} cohorts of
{asked}. The two models are those with and without harmonization."""

_SHUFFLED = """## What shuffles cost under other models

Labels of I-SPY 1 shuffled {shuffles} times in {folds} folds, nobody left out; all that is learned from them is learned
anew, whatever the model. Bytes are those of one site. They grow with the number of shuffles; exchanges do not.

| model | AUC | {shuffles} shuffles, 95 % | p | exchanges, study | and shuffles | MB, study | and shuffles |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""

_COST = """## What it costs

The full study (`ispy1-nested`): ComBat, a filter of correlated features, a LASSO path of 50 penalties in 5 x 5 nested
folds, every site left out once, all baselines; shuffled labels apart. Compute is processor time against scikit-learn's
for the same fits ({fits} paths) on the pooled table in the same run: liblinear, which penalizes the intercept but is
its fastest for this penalty.

| | measured | limit |
| --- | ---: | ---: |
| exchanges | {exchanges} | 80 |
| sent by a site | {megabytes:.1f} MB | 200 MB |
| compute of the coordinator | {coordinator:.2f} x scikit-learn | 3 x |
| compute of the busiest site | {site:.2f} x scikit-learn | 3 x |"""


_MISSING = {
    "equality": "every kind of model beside its reference",
    "ispy1": "I-SPY 1",
    "demo": "the demonstration's cohort",
    "ki67": "a number, of simulated patients",
    "age": "a number, of I-SPY 1",
    "null": "the null scenario",
    "null-boosting": "the null scenario with boosted trees",
    "intervals": "size and coverage of intervals at feature level",
    "shuffled": "shuffled labels under other kinds of model",
    "cost": "exchanges, bytes and compute of the full nested study (`ispy1-nested`)",
}
"""What a page says where a part was not measured."""


def _kept(name: str, make: Callable[[], Any], *, measuring: bool = True) -> Any:
    """What was measured before, or is measured now and kept; None where it is not there and not to be measured."""
    path = KEPT / f"{name}.json"
    if not path.exists() and not measuring:
        return None
    if not path.exists():
        print(f"measuring {name}", file=sys.stderr)
        durable_file.write(path, json.dumps(make()).encode(), 0o644)
    return json.loads(path.read_text())


def _number(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"


def _allowed(tolerance: float) -> str:
    return "0" if tolerance == 0 else f"{tolerance:.0e}"


def _equal(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield from (_EQUAL, "", "| model | quantity | largest difference | allowed |", "| --- | --- | ---: | ---: |")
    for row in rows:
        yield f"| {row['model']} | {row['quantity']} | {_number(row['difference'])} | {_allowed(row['tolerance'])} |"


def _certificate(measured: dict[str, Any]) -> Iterator[str]:
    yield from ("| quantity | numbers | largest difference | unit | allowed |", "| --- | ---: | ---: | --- | ---: |")
    for quantity in measured["certificate"]:
        yield (
            f"| {quantity['name']} | {quantity['compared']} | {_number(quantity['difference'])} | {quantity['unit']} | "
            f"{_allowed(quantity['tolerance'])} |"
        )


def _arms(measured: dict[str, Any]) -> Iterator[str]:
    yield "| trained | evaluated on | AUC (95 %) | over seeds | federated more by (95 %) | no worse by the margin |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    words = {None: "–", True: "yes", False: "not shown"}
    spread = {(spread["arm"], spread["view"]): spread for spread in measured["spreads"]}
    for arm in measured["arms"]:
        over = spread[(arm["arm"], arm["view"])]
        seeds = f"{over['mean']:.3f} ± {over['deviation']:.3f}" if over["seeds"] > 1 else "–"
        apart = "–"
        if arm["arm"] != "federated":
            apart = f"{arm['difference']:+.3f} ({arm['difference_low']:+.2f} to {arm['difference_high']:+.2f})"
        yield (
            f"| {arm['arm']} | {arm['view']} | {arm['value']:.3f} ({arm['low']:.2f} to {arm['high']:.2f}) | {seeds} | "
            f"{apart} | {words[arm['no_worse']]} |"
        )


def _baselines(measured: dict[str, Any]) -> Iterator[str]:
    yield from ("| predicted by | cross-validation | left-out site |", "| --- | ---: | ---: |")
    for arm, views in measured["baselines"].items():
        told = [views.get(view) for view in ("cross-validation", "left-out-site")]
        yield f"| {arm} | {' | '.join('–' if one is None else _interval(one) for one in told)} |"


def _interval(one: dict[str, float]) -> str:
    return f"{one['auc']:.3f} ({one['low']:.2f} to {one['high']:.2f})"


def _transfers(measured: dict[str, Any]) -> Iterator[str]:
    sites = measured["sites"]
    yield f"| trained at | {' | '.join(f'tested at {site}' for site in sites)} |"
    yield f"| --- |{' ---: |' * len(sites)}"
    for train in sites:
        cells = [measured["transfers"].get(f"{train} {test}") for test in sites]
        yield f"| {train} | {' | '.join('–' if cell is None else f'{cell:.2f}' for cell in cells)} |"


def _compared(title: str, intro: str, found: dict[str, Any]) -> Iterator[str]:
    yield from (f"## Local, pooled, federated: {title}", "", intro, "", found["words"], "", *_arms(found), "")
    if found["chance"]:
        one, apart = found["chance"], found["shuffle_exchanges"]
        yield (
            f"Labels shuffled {one['shuffles']} times within sites and folds give {one['low']:.2f} to "
            f"{one['high']:.2f} (95 %), {one['mean']:.2f} on average; the true ones {one['auc']:.2f} "
            f"(p = {one['p_value']:.2g}). The study took {found['exchanges'] - apart} exchanges, the shuffles {apart} "
            f"and {found['shuffle_megabytes']:.1f} MB of a site beside."
        )
        yield ""
    yield from ("Baselines of the model, federated:", "", *_baselines(found), "")
    yield from ("Each site's own model at each site (AUC; at home in folds that had not seen the patients):", "")
    yield from _transfers(found)


def page(*, measuring: bool = True) -> str:
    """The page.

    Parameters
    ----------
    measuring : whether parts that are missing are measured, which takes the better part of an hour
    """
    real, missing, lines = (REAL_DATA / "ispy1_radiomics").is_dir(), [], [_HEAD, ""]

    def part(name: str, make: Callable[[], Any], shown: Callable[[Any], Iterator[str]]) -> None:
        found = _kept(name, make, measuring=measuring)
        if found is None:
            missing.append(_MISSING[name])
        else:
            lines.extend((*shown(found), ""))

    part("equality", measures.equality, _equal)
    if real:
        part("ispy1", measures.ispy1, _of_ispy1)
    part("demo", measures.demo, _of_demo)
    part("ki67", regression.ki67, regression.of_ki67)
    if real:
        part("age", regression.age, regression.of_age)
    part("null", measures.null_scenario, _of_nothing)
    part("null-boosting", partial(measures.null_scenario, null.BOOSTED), _boosted_of_nothing)
    part("intervals", intervals.of_functions, _of_intervals)
    whole = KEPT / "intervals-product.json"
    rows = intervals.of_product(whole) if measuring else intervals.kept_of_product(whole)
    if rows:
        lines.extend((*_of_whole(rows), ""))
    else:
        missing.append("intervals through the whole product")
    if real:
        part("shuffled", measures.shuffled_models, _of_shuffles)
        part("cost", measures.cost, lambda found: iter([_COST.format(**found)]))
    if missing:
        lines += ["## Not measured in this run", "", *(f"- {missing_part}" for missing_part in missing), ""]
    return "\n".join(lines).rstrip() + "\n"


def _of_nothing(measured: dict[str, Any]) -> Iterator[str]:
    yield from (
        _NULL.format(**measured),
        "",
        "Three features by F, ridge logistic regression:",
        "",
        *_rejections(measured),
    )


def _boosted_of_nothing(measured: dict[str, Any]) -> Iterator[str]:
    model = null.BOOSTED.model
    yield f"The same by {model.trees} boosted trees of depth {model.depth}, {model.bins} ranges of a feature:"
    yield from ("", *_rejections(measured))


def _rejections(measured: dict[str, Any]) -> Iterator[str]:
    yield from ("| p at most | seeds | share | expected, 99 % |", "| ---: | ---: | ---: | ---: |")
    for level, count in measured["at_most"].items():
        low, high = null.bounds(measured["seeds"], float(level))
        yield f"| {level} | {count} of {measured['seeds']} | {count / measured['seeds']:.1%} | {low} to {high} |"
    yield from ("", f"The mean AUC within sites is {measured['auc']:.3f}.")


def _of_intervals(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield from (_INTERVALS.format(cohorts=rows[0]["cohorts"]), "", *intervals.of_intervals(rows))


def _of_whole(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield _WHOLE.format(cohorts=rows[0]["cohorts"], asked=intervals.WHOLE)
    yield from ("", *intervals.of_intervals(rows))


def _of_shuffles(measured: dict[str, Any]) -> Iterator[str]:
    yield _SHUFFLED.format(**measured)
    for row in measured["rows"]:
        yield (
            f"| {row['model']} | {row['auc']:.2f} | {row['low']:.2f} to {row['high']:.2f} | {row['p_value']:.2g} | "
            f"{row['study_exchanges']} | {row['exchanges']} | {row['study_megabytes']:.1f} | {row['megabytes']:.1f} |"
        )


def _of_demo(measured: dict[str, Any]) -> Iterator[str]:
    said = _SIMULATED.format(verdict=measures.verdict(measured), apart=measures.apart(measured))
    equal = sum(quantity["difference"] <= quantity["tolerance"] for quantity in measured["certificate"])
    said += f"\n\nOf {len(measured['certificate'])} quantities of the certificate {equal} equal their pooled values."
    yield from _compared("the demonstration", said, measured)


def _of_ispy1(measured: dict[str, Any]) -> Iterator[str]:
    yield from (_CERTIFICATE.format(title="I-SPY 1"), "", *_certificate(measured), "")
    yield from _compared(
        "I-SPY 1", _REAL.format(verdict=measures.verdict(measured), apart=measures.apart(measured)), measured
    )


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    durable_file.write(PAGE, page(measuring="--kept" not in sys.argv[1:]).encode(), 0o644)
