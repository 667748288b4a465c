"""What the sites bring, and on what they agree."""

from collections import Counter
from collections.abc import Sequence

from harmonization.design import columns, encodings
from harmonization.errors import HarmonizationError
from harmonization.joint import require_shared
from server.agreed import Agreed
from server.federation import Federation
from server.journal import Exchange
from shared.arrays import Arrays
from shared.contract.scales import Scales
from shared.errors import Code, MrfedError
from shared.step import Step
from shared.study.plan import training_sites
from shared.study.study_sections import SiteFeatures

_NAMED = 3
"""Features that an error names."""


def inventory(federation: Federation) -> Agreed:
    """Ask what each site brings, and find the features, categories and scales that all share.

    Raises
    ------
    MrfedError where sites have computed their features under different settings.
    """
    study = federation.study
    exchange = federation.ask(Step.INVENTORY)
    words = exchange.texts
    # first the features: of tables that are ready the settings are no more than the columns' names
    features = (
        _common(exchange, federation.roster) if study.features is SiteFeatures.COMMON else _same_features(exchange)
    )
    _same(exchange, "settings", "prepare the features anew under the study's settings")
    names = [covariate.column for covariate in study.covariates if covariate.kind == "categorical"]
    categories = {
        name: sorted({value for site in federation.roster for value in words[site]["categories"][name]})
        for name in names
    }
    volume = (study.comparators.volume,) if study.comparators.volume else ()
    if unknown := [name for name in volume if name not in features]:
        raise MrfedError(
            Code.DATA_MISSING,
            f"inventory: comparators.volume: no feature is called {unknown[0]}; name the one that holds the volume",
        )
    covariates = encodings(study.harmonization.covariates, categories)
    federation.scales = Scales.agree(of_features(exchange, features).values()).over(
        [len(covariate.columns) for covariate in covariates], len(study.endpoint_columns)
    )
    joined = {
        scanner: [site for site in training_sites(study, federation.roster) if scanner in words[site]["joined"]]
        for scanner in study.harmonization.joined
    }
    try:
        require_shared(joined)
    except HarmonizationError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, f"inventory: {error}") from error
    agreed_words = {
        "categories": categories,
        "features": list(features),
        "joined": joined,
        "patients": federation.patients,
    }
    federation.agree(Step.INVENTORY, agreed_words)
    return Agreed(
        features=features,
        columns=columns(covariates) + study.endpoint_columns,
        declared=len(columns(covariates)),
        fits=federation.facts.fits,
        categories=categories,
        joined=joined,
        extras=columns(encodings(study.comparators.clinical, categories)) + volume,
    )


def of_features(exchange: Exchange, features: Sequence[str]) -> dict[str, Arrays]:
    """What each site said in the clear, of those features alone on which all agree, in their order.

    Parameters
    ----------
    exchange : the inventory
    features : of `inventory`
    """
    of_site: dict[str, Arrays] = {}
    for site, arrays in exchange.clear.items():
        place = {name: index for index, name in enumerate(exchange.texts[site]["features"])}
        rows = [place[name] for name in features]
        of_site[site] = {**arrays, **{name: arrays[name][rows] for name in ("magnitude", "spread")}}
    return of_site


def left_out_features(exchange: Exchange, features: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each site that has features which the others lack, and which were not used therefore."""
    return tuple(
        f"site {site}: {len(more)} features that other sites lack were left out: {_some(more)}"
        for site, texts in exchange.texts.items()
        if (more := [name for name in texts["features"] if name not in set(features)])
    )


def _same_features(exchange: Exchange) -> tuple[str, ...]:
    remedy = "use feature tables with the same columns in the same order"
    lists = [texts["features"] for texts in exchange.texts.values()]
    if common := set(lists[0]).intersection(*lists[1:]):
        remedy += f", or set features: common in the study to use the {len(common)} features that all have"
    _same(exchange, "features", remedy)
    return tuple(lists[0])


def _common(exchange: Exchange, roster: Sequence[str]) -> tuple[str, ...]:
    """Features that all sites have, in the order of the first."""
    lists = {site: exchange.texts[site]["features"] for site in roster}
    common = set(lists[roster[0]]).intersection(*lists.values())
    if not common:
        raise MrfedError(
            Code.SETTINGS_DIFFER,
            "inventory: no feature is at all sites; give the features the same names in every table",
        )
    return tuple(name for name in lists[roster[0]] if name in common)


def _same(exchange: Exchange, what: str, remedy: str) -> None:
    of_site = {site: texts[what] for site, texts in exchange.texts.items()}
    usual = Counter(map(str, of_site.values())).most_common(1)[0][0]
    most = next(value for value in of_site.values() if str(value) == usual)
    differences = {site: _difference(value, most) for site, value in of_site.items() if str(value) != usual}
    if differences:
        named = ", ".join(f"{site}{how}" for site, how in differences.items())
        raise MrfedError(
            Code.SETTINGS_DIFFER, f"inventory: {what} of {named} differ from those of the other sites; {remedy}"
        )


def _difference(own: object, usual: object) -> str:
    """What names a list lacks, and which only it has."""
    if not isinstance(own, list) or not isinstance(usual, list):
        return ""
    lacks, more = ([name for name in first if name not in second] for first, second in ((usual, own), (own, usual)))
    sentences = [f"{verb} {_some(names)}" for verb, names in (("lacks", lacks), ("has", more)) if names]
    return f" ({' and '.join(sentences) or 'in another order'})"


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
