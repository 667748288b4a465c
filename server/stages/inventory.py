"""What the sites bring, and on what they agree."""

from collections import Counter

from harmonization.design import columns, encodings
from harmonization.errors import HarmonizationError
from harmonization.joint import require_shared
from server.agreed import Agreed
from server.federation import Federation
from server.journal import Exchange
from shared.contract.scales import Scales
from shared.errors import Code, MrfedError
from shared.step import Step
from shared.study.plan import training_sites

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
    _same(exchange, "features", "use feature tables with the same columns in the same order")
    _same(exchange, "settings", "prepare the features anew under the study's settings")
    names = [one.column for one in study.covariates if one.kind == "categorical"]
    categories = {
        name: sorted({value for site in federation.roster for value in words[site]["categories"][name]})
        for name in names
    }
    features = tuple(words[federation.roster[0]]["features"])
    volume = (study.comparators.volume,) if study.comparators.volume else ()
    if unknown := [one for one in volume if one not in features]:
        raise MrfedError(
            Code.DATA_MISSING,
            f"inventory: comparators.volume: no feature is called {unknown[0]}; name the one that holds the volume",
        )
    covariates = encodings(study.harmonization.covariates, categories)
    federation.scales = Scales.agree(exchange.clear.values()).over(
        [len(one.columns) for one in covariates], len(study.endpoint_columns)
    )
    joined = {
        scanner: [site for site in training_sites(study, federation.roster) if scanner in words[site]["joined"]]
        for scanner in study.harmonization.joined
    }
    try:
        require_shared(joined)
    except HarmonizationError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, f"inventory: {error}") from error
    federation.agree(Step.INVENTORY, {"categories": categories, "joined": joined, "patients": federation.patients})
    return Agreed(
        features=features,
        columns=columns(covariates) + study.endpoint_columns,
        declared=len(columns(covariates)),
        fits=federation.facts.fits,
        categories=categories,
        joined=joined,
        extras=columns(encodings(study.comparators.clinical, categories)) + volume,
    )


def _same(exchange: Exchange, what: str, remedy: str) -> None:
    said = {site: texts[what] for site, texts in exchange.texts.items()}
    usual = Counter(map(str, said.values())).most_common(1)[0][0]
    most = next(value for value in said.values() if str(value) == usual)
    others = {site: _difference(value, most) for site, value in said.items() if str(value) != usual}
    if others:
        named = ", ".join(f"{site}{how}" for site, how in others.items())
        raise MrfedError(
            Code.SETTINGS_DIFFER, f"inventory: {what} of {named} differ from those of the other sites; {remedy}"
        )


def _difference(own: object, others: object) -> str:
    """What names a list lacks, and which only it has."""
    if not isinstance(own, list) or not isinstance(others, list):
        return ""
    lacks, more = ([one for one in first if one not in second] for first, second in ((others, own), (own, others)))
    said = [f"{verb} {_some(names)}" for verb, names in (("lacks", lacks), ("has", more)) if names]
    return f" ({' and '.join(said) or 'in another order'})"


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
