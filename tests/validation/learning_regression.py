"""What docs/validation-learning.md shows of numbers: linear regression local, pooled, federated, and its certificate.

Ki-67 of simulated patients is what the endpoint is made for. The age of real patients is no clinical question: it is
the number that the real table has, in whole years that patients share, with more features than patients.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from client.site.site_file import load as load_site
from shared.study import study as study_file
from shared.study.plan import Arm, View
from shared.study.study import Study
from simulations import feature_tables, scenario
from simulations.comparison.compare import Comparison, compare, spreads
from simulations.comparison.comparison_line import FEDERATED, LOCAL
from simulations.comparison.ranking_of_regression import CONCORDANCE
from tests.validation.learning_measures import SEEDS, ispy1_sites

MARGIN = 0.05
_KI67 = """## Local, pooled, federated: regression

SIMULATED PATIENTS. Effects were programmed. Performance says nothing about patients.

Ki-67 in per cent from the simulated tables of `mrfed-simulate tables`: four hospitals of 30 patients, 40 features,
noisy measurements of what the tumours are made of. Study: `ki67-tables` with a margin of {margin}, {seeds} seeds. The
margin refers to the concordance index, the share of pairs of a site's patients that are ranked correctly (chance: 0.5).
On left-out sites the interval of its difference is by each patient's influence, paired; all others are of draws."""
_AGE = """The age of the 139 real patients of I-SPY 1, in whole years that patients share, from the 12 of 370 radiomic
features that correlate most with it in each fold: no clinical question, but the number that the real table has. Ridge
regression of one penalty keeps all of them, so that there is something to measure. {verdict} The certificate:"""


def ki67() -> dict[str, Any]:
    """The ready study of Ki-67 on simulated tables, over several seeds."""
    study = study_file.named(Path("ki67-tables"))
    comparators = study.comparators.model_copy(update={"margin": MARGIN})
    asked = study.model_copy(update={"comparators": comparators})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = feature_tables.write(scenario.load("demo"), folder / "tables", 1)
        comparisons = compare(asked, [load_site(path) for path in written], folder / "compared", SEEDS)
    return _told(comparisons)


def age() -> dict[str, Any]:
    """The age of real patients from their features."""
    content = study_file.named(Path("ispy1-radiomics")).model_dump()
    content["question"] |= {
        "endpoint": {"kind": "continuous", "column": "age", "plausible": [18, 100], "unit": "years"},
        "subgroup": [],
    }
    content["harmonization"] |= {"covariates": []}  # which were age
    content["selection"] = {"method": "univariate", "keep": 12}
    content["model"] = {"kind": "linear", "c": 0.01}
    content["comparators"] = {"margin": MARGIN}
    content["evaluation"] |= {"resamples": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        comparisons = compare(Study.model_validate(content), ispy1_sites(folder / "sites"), folder / "compared", SEEDS)
    return _told(comparisons)


def _told(measured: list[Comparison]) -> dict[str, Any]:
    first = measured[0]
    baselines: dict[str, dict[str, Any]] = {}
    for line in first.result.compared:
        baselines.setdefault(line.arm, {})[line.view] = {
            "concordance": line.concordance,
            "low": line.interval.low if line.interval else None,
            "high": line.interval.high if line.interval else None,
        }
    return {
        "certificate": [asdict(quantity) for quantity in first.quantities],
        "holds": sum(quantity.holds for quantity in first.quantities),
        "arms": [asdict(line) for line in first.lines],
        "spreads": [
            {
                "arm": spread.arm,
                "view": spread.view,
                "measure": spread.measure,
                "mean": spread.mean,
                "deviation": spread.deviation,
            }
            for spread in spreads(measured)
        ],
        "baselines": baselines,
        "exchanges": len(first.result.exchanges),
    }


def of_ki67(measured: dict[str, Any]) -> Iterator[str]:
    """The page's part on simulated patients.

    Parameters
    ----------
    measured : by `ki67`
    """
    yield from (_KI67.format(margin=MARGIN, seeds=SEEDS), "", *_arms(measured), "")
    equal, all_ = measured["holds"], len(measured["certificate"])
    took = measured["exchanges"]
    yield f"{_alone(measured)} The study took {took} exchanges; of {all_} quantities of its certificate"
    yield f"{equal} equal their pooled values."
    yield from ("", "Baselines of the model, federated (concordance):", "", *_baselines(measured))


def of_age(measured: dict[str, Any]) -> Iterator[str]:
    """The page's part on real patients.

    Parameters
    ----------
    measured : by `age`
    """
    left_out = measured["baselines"][Arm.MODEL.value][View.LEFT_OUT_SITE.value]
    verdict = f"On left-out sites the concordance is {left_out['concordance']:.2f}"
    if left_out["low"] is not None:
        inside = left_out["low"] <= 0.5 <= left_out["high"]
        verdict += f" ({left_out['low']:.2f} to {left_out['high']:.2f}): chance is {'not ' if inside else ''}excluded."
    yield from (_AGE.format(verdict=verdict), "")
    yield from ("| quantity | numbers | largest difference | unit | allowed |", "| --- | ---: | ---: | --- | ---: |")
    for quantity in measured["certificate"]:
        largest = "0" if quantity["difference"] == 0 else f"{quantity['difference']:.1e}"
        allowed = "0" if quantity["tolerance"] == 0 else f"{quantity['tolerance']:.0e}"
        yield f"| {quantity['name']} | {quantity['compared']} | {largest} | {quantity['unit']} | {allowed} |"
    yield from ("", "A *half range* is half of the plausible range, here 41 years.", "", *_arms(measured))


def _arms(measured: dict[str, Any]) -> Iterator[str]:
    yield "| trained | evaluated on | measure | value (95 %) | over seeds | federated more by (95 %) | no worse |"
    yield "| --- | --- | --- | ---: | ---: | ---: | --- |"
    words = {None: "–", True: "yes", False: "not shown"}
    over = {(spread["arm"], spread["view"], spread["measure"]): spread for spread in measured["spreads"]}
    measures = list(dict.fromkeys(arm["measure"] for arm in measured["arms"]))
    for arm in sorted(measured["arms"], key=lambda line: measures.index(line["measure"])):
        spread, apart = over[arm["arm"], arm["view"], arm["measure"]], "–"
        if arm["arm"] != FEDERATED:
            apart = f"{arm['difference']:+.3f} ({arm['difference_low']:+.2f} to {arm['difference_high']:+.2f})"
        value = f"{arm['value']:.3f} ({arm['low']:.2f} to {arm['high']:.2f})"
        seeds = f"{spread['mean']:.3f} ± {spread['deviation']:.3f}"
        claim = words[arm["no_worse"]]
        yield f"| {arm['arm']} | {arm['view']} | {arm['measure']} | {value} | {seeds} | {apart} | {claim} |"


def _alone(measured: dict[str, Any]) -> str:
    """Whether all together do better than each site alone, in a sentence."""
    line = next(arm for arm in measured["arms"] if arm["arm"] == LOCAL and arm["measure"] == CONCORDANCE)
    low, high = line["difference_low"], line["difference_high"]
    numbers = f"concordance {line['difference']:+.2f}, {low:+.2f} to {high:+.2f}"
    if low <= 0 <= high:
        return f"These patients cannot decide whether training together ranks better than each site alone ({numbers})."
    return f"Training together ranks {'better' if low > 0 else 'worse'} here than each site alone ({numbers})."


def _baselines(measured: dict[str, Any]) -> Iterator[str]:
    yield from ("| predicted by | cross-validation | left-out site |", "| --- | ---: | ---: |")
    for arm, views in measured["baselines"].items():
        cells = [_cell(views.get(view.value)) for view in (View.CROSS_VALIDATION, View.LEFT_OUT_SITE)]
        yield f"| {arm} | {' | '.join(cells)} |"


def _cell(one: dict[str, Any] | None) -> str:
    if one is None or one["concordance"] is None:
        return "–"
    between = "" if one["low"] is None else f" ({one['low']:.2f} to {one['high']:.2f})"
    return f"{one['concordance']:.3f}{between}"
