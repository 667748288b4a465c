"""A site that sends what it should not: nonsense, another shape, another site's name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.site.site_file import Site
from server import plausibility
from server.federation import Federation
from shared.contract.fixed_point import FixedPoint
from shared.errors import MrfedError
from shared.federation.messages import Answer
from shared.results.result import Result
from shared.sections.model import BoostingSettings, ForestSettings
from shared.study.study import Study
from simulations.simulate import simulate
from tests.conftest import table_of
from tests.dishonest_site import conducted, puts

pytestmark = [pytest.mark.attack, pytest.mark.slow]

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]


def adds(amount: float) -> Callable[[np.ndarray], np.ndarray]:
    """Add to everything under the mask, which nobody can see at the site alone."""

    def change(masked: np.ndarray) -> np.ndarray:
        value = np.full(masked.shape[1:], amount)
        extra, low = FixedPoint().encode(value, 3), masked[0]
        total = masked + extra
        total[1] += total[0] < low
        return total

    return change


LIES = {
    "not a number": ("evaluate", puts(u=lambda values: values * np.nan), "not finite"),
    "more pairs than patients": (
        "evaluate",
        puts(u=lambda values: values * 1e6),
        "sent u with values outside the plausible range",
    ),
    "a huge number of patients": ("inventory", puts(patients=lambda values: values * 10**12), "sent patients"),
    "a scale of another world": ("inventory", puts(magnitude=lambda values: values + 5000), "sent magnitude"),
    "another shape": ("moments", puts(sum_uu=lambda values: values[..., :2]), "has shape"),
    "sums in the clear": ("describe", puts(class_totals=lambda values: np.array([1.0, 2.0])), "in the clear"),
    "a million masked patients": ("describe", puts(class_totals=adds(1e6)), "some site sent class_totals"),
    "half a masked patient": ("describe", puts(class_totals=adds(0.5)), "some site sent class_totals"),
    "a masked sum that no patients have": ("moments", puts(class_sums=adds(1e5)), "some site sent class_sums"),
    "a masked Hessian that curves down": ("train-1", puts(curvature=adds(-1e5)), "some site sent curvature"),
    "a masked gradient beyond all patients": ("train-1", puts(gradient=adds(1e5)), "some site sent gradient"),
    "half a model of its own": ("threshold", puts(own_models=adds(0.5)), "in the place of site alpha is none"),
    "a quantity nobody asked for": (
        "describe",
        lambda answer: replace(answer, arrays={**answer.arrays, "rows": np.ones((20, 6))}),
        "rows is not agreed",
    ),
    "another step": ("train-1", lambda answer: replace(answer, step="train-0"), "answered train-0"),
    "another site's log": (
        "describe",
        lambda answer: replace(answer, head=answer.head and answer.head.model_copy(update={"site": "alpha"})),
        "no audit log of its own",
    ),
}


def undefended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Federation, "_check", lambda *_: None)
    monkeypatch.setattr(plausibility, "require_totals", lambda *_, **__: None)


@pytest.mark.parametrize("name", LIES)
def test_lies(
    name: str,
    study: Study,
    tables: Tables,
    settle: Settle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gained: Callable[[str, str, str], None],
) -> None:
    step, lie, message = LIES[name]
    sites = settle(tables)
    with pytest.raises(MrfedError, match=message):
        conducted(study, sites, tmp_path / "defended", step, lie)
    honest = simulate(study, sites, tmp_path / "honest")
    with monkeypatch.context() as patch:
        undefended(patch)
        try:
            spoilt = conducted(study, sites, tmp_path / "undefended", step, lie)
            effect = "another result" if spoilt.fingerprint != honest.fingerprint else "goes unnoticed"
        except (MrfedError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
            effect = f"breaks the study ({type(error).__name__})"
    gained(f"A site sends {name}", effect, "refused, naming what is wrong")


def test_trees_that_nobody_can_follow(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    """Beta's trees split by a feature that the study has not."""
    forest = study.model_copy(update={"model": ForestSettings(trees=2, depth=1)})
    sites, lie = settle(tables), puts(trees=adds(1e3))
    with pytest.raises(MrfedError, match="ensemble: some site sent trees that split by features that there are not"):
        conducted(forest, sites, tmp_path, "ensemble", lie)
    gained(
        "A site sends trees by features that there are not",
        "ends the study with an internal error",
        "refused, naming what is wrong",
    )


def test_another_sites_name(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    lie = lambda answer: replace(answer, texts={**answer.texts, "site": "gamma"})  # noqa: E731 one of the lies
    result = conducted(study, settle(tables), tmp_path, "enroll", lie)
    assert [participant.site for participant in result.participants] == ["alpha", "gamma"]
    assert [participant.patients for participant in result.participants] == [20, 28]
    assert result.deviations == ("site beta took no part (refused)",)
    gained("A site takes another's name", "its numbers stand as the other's", "left out; the node's own name counts")


def test_a_site_in_other_units_is_named_in_the_result(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    tables["beta"][["f1", "f4"]] *= 1e6
    result = simulate(study, settle(tables), tmp_path)
    (said,) = result.deviations
    assert said.startswith("site beta: 2 features (f1, f4) are over 1024 times larger or smaller")


FIVE = ("alpha", "beta", "gamma", "delta", "epsilon")


def five_tables(names: tuple[str, ...] = FIVE) -> Tables:
    """Five sites that are much alike."""
    tables = {name: table_of(name, 40, 0).assign(patient=lambda rows, of=name: of + rows["patient"]) for name in names}
    for seed, name in enumerate(names):
        tables[name][[f"f{number}" for number in range(6)]] += np.random.default_rng(seed).normal(
            scale=0.1, size=(40, 6)
        )
    return tables


def among_five(
    study: Study, sites: list[Site], folder: Path, step: str, lie: Callable[[Answer], Answer], dishonest: int
) -> Result:
    """A study whose sums are readable for each site and which withstands dishonest ones; a sixth is external."""
    content, names = study.model_dump(), tuple(site.name for site in sites)
    external = names[len(FIVE) :]
    content |= {
        "harmonization": {"method": "none"},
        "evaluation": {"folds": 2, "leave_one_site_out": False, "external_sites": external},
        "selection": {"correlation": 0.9},
        "training": {"max_iterations": 8, "tolerance": 1e-4},
        "privacy": {"site_sums": "derivable", "minimum_patients": 4, "masked": False},
        "federation": {**content["federation"], "sites": names, "quorum": len(names), "dishonest": dishonest},
    }
    own = [site.model_copy(update={"workspace": folder / site.name}) for site in sites]
    return conducted(Study.model_validate(content), own, folder, step, lie)


def coefficients(result: Result) -> np.ndarray:
    """Of the model, by feature: 0 where one was not chosen."""
    of = {coefficient.feature: coefficient.value for coefficient in result.model.coefficients}
    return np.array([of.get(f"f{number}", 0.0) for number in range(6)])


def test_a_site_that_poisons_the_sums_of_training(
    study: Study, settle: Settle, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    """Every number could be some patients', so that no check finds it: beta turns its gradient over, twofold."""
    sites = settle(five_tables())
    turned = puts(gradient=lambda values: FixedPoint().encode(-4 * FixedPoint().decode(values), 5))

    def trained(step: str, dishonest: int) -> Result:
        return among_five(study, sites, tmp_path / f"{step}{dishonest}", step, turned, dishonest)

    honest, poisoned, robust = trained("nobody", 0), trained("train-", 0), trained("train-", 1)
    assert not any("far from those" in deviation for deviation in robust.deviations)
    size = np.abs(coefficients(honest)).max()
    off = np.abs(coefficients(poisoned) - coefficients(honest)).max() / size
    left = np.abs(coefficients(robust) - coefficients(honest)).max() / size
    assert off > 0.2
    assert left < off / 2
    assert any("site beta was left out of the sums of training" in deviation for deviation in robust.deviations)
    gained(
        "A site turns its sums of training over",
        f"coefficients off by {off:.2f} times the largest; no check of ranges sees it",
        f"off by {left:.2f}: sums over the sites that agree best, which are then readable for each site",
    )


def test_an_external_site_is_outvoted_by_nobody_and_stands_for_nobody(
    study: Study, settle: Settle, tmp_path: Path
) -> None:
    """Its sums of training are empty: the farthest from all others, had they been compared."""
    sites = settle(five_tables((*FIVE, "zeta")))
    with_it, without = (
        among_five(study, own, tmp_path / str(len(own)), "nobody", puts(), 1) for own in (sites, sites[: len(FIVE)])
    )
    np.testing.assert_allclose(coefficients(with_it), coefficients(without), rtol=1e-9)
    assert with_it.deviations == without.deviations
    assert not any("zeta" in deviation for deviation in with_it.deviations)
    assert with_it.evaluations[-1].pooled.patients == 40 - 20  # half harmonize it


def all_alike(masked: np.ndarray) -> np.ndarray:
    """Products of features as if each were every other: no patients' that vary, and within every range."""
    value = FixedPoint().decode(masked)
    return FixedPoint().encode(np.full_like(value, 100 * value.max()), 5)


def test_a_site_that_poisons_the_products_before_training(
    study: Study, settle: Settle, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    """Beta says that all features are one, so that the filter of correlated ones leaves the study a single feature."""
    sites, lie = settle(five_tables()), puts(products=all_alike)

    def kept(step: str, dishonest: int) -> tuple[int, Result]:
        result = among_five(study, sites, tmp_path / f"{step}{dishonest}", step, lie, dishonest)
        return int((coefficients(result) != 0).sum()), result

    (poisoned, _), (robust, found) = kept("gram", 0), kept("gram", 1)
    assert poisoned == 1
    assert robust == 6
    assert any("site beta was left out of the sums of training" in deviation for deviation in found.deviations)
    gained(
        "A site says in `cross` that all features are one",
        "one of six features is left",
        "all six: sums over the sites that agree best",
    )


@pytest.mark.parametrize(
    ("step", "lie", "refused"),
    [
        ("describe", puts(class_totals=lambda values: FixedPoint().encode(np.array([60.0, 0.0]), 5)), "class_totals"),
        ("harmonize", puts(sum_x=lambda values: FixedPoint().encode(1e4 + 0 * FixedPoint().decode(values), 5)), None),
        ("moments", puts(sum_uu=lambda values: FixedPoint().encode(1e4 + 0 * FixedPoint().decode(values), 5)), None),
        (
            "evaluate",
            puts(scores=lambda values: FixedPoint().encode(0.5 + 0 * FixedPoint().decode(values), 5)),
            "scores",
        ),
    ],
)
def test_a_site_that_poisons_other_sums(
    step: str,
    lie: Callable[[Answer], Answer],
    refused: str | None,
    study: Study,
    settle: Settle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gained: Callable[[str, str, str], None],
) -> None:
    """What a site cannot have stops the study with its name; what is possible, and far from all others, is named."""
    sites = settle(five_tables())
    honest = among_five(study, sites, tmp_path / "honest", "nobody", lie, 0)
    with monkeypatch.context() as patch:
        undefended(patch)
        spoilt = among_five(study, sites, tmp_path / "undefended", step, lie, 0)
    effect = "another result" if spoilt.fingerprint != honest.fingerprint else "goes unnoticed"
    assert not any("beta" in deviation for deviation in spoilt.deviations)
    if refused:
        with pytest.raises(MrfedError, match=f"{step}: site beta sent {refused}"):
            among_five(study, sites, tmp_path / "defended", step, lie, 1)
    else:
        result = among_five(study, sites, tmp_path / "defended", step, lie, 1)
        named = [deviation for deviation in result.deviations if deviation.startswith(f"site beta has sums ({step}")]
        assert len(named) == 1
    gained(
        f"A site lies in `{step}` in a study that compares sites",
        f"{effect}, and nobody is named",
        "refused, with its name" if refused else "named in the result as far from all others",
    )


def test_trees_grow_from_the_histograms_of_the_sites_that_agree_best(
    study: Study, settle: Settle, tmp_path: Path
) -> None:
    """The sums of some sites stand for all, so that counts need not be whole; beta turns its slopes over."""
    boosted = study.model_copy(update={"model": BoostingSettings(trees=2, depth=1, bins=4)})
    turned = puts(gradients=lambda values: FixedPoint().encode(-4 * FixedPoint().decode(values), 5))
    robust = among_five(boosted, settle(five_tables()), tmp_path, "grow-", turned, 1)
    assert any("site beta was left out of the sums of training" in deviation for deviation in robust.deviations)
