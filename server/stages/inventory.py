"""What the sites bring, and on what they agree."""

from collections import Counter

from harmonization.design import columns, encodings
from harmonization.errors import HarmonizationError
from harmonization.joint import require_shared
from server.federation import Federation
from server.journal import Exchange
from server.state import Agreed
from shared.contract import Step
from shared.errors import Code, MrfedError
from shared.plan import fits, training_sites
from shared.scales import Scales


def inventory(federation: Federation) -> Agreed:
    """Ask what each site brings, and find the features, categories and scales that all share.

    Raises
    ------
    MrfedError where sites have computed their features under different settings.
    """
    study = federation.study
    sizes = {"classes": max(len(study.question.endpoint.classes), 1), "declared": len(study.harmonization.covariates)}
    exchange = federation.ask(Step.INVENTORY, sizes)
    words = exchange.texts
    _same(exchange, "settings", "prepare the features anew under the study's settings")
    _same(exchange, "features", "use feature tables with the same columns in the same order")
    names = [one.column for one in study.covariates if one.kind == "categorical"]
    categories = {
        name: sorted({value for site in federation.roster for value in words[site]["categories"][name]})
        for name in names
    }
    volume = (study.comparators.volume,) if study.comparators.volume else ()
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
    return Agreed(
        features=tuple(words[federation.roster[0]]["features"]),
        columns=columns(covariates) + study.endpoint_columns,
        declared=len(columns(covariates)),
        fits=fits(study, federation.enrolled),
        categories=categories,
        joined=joined,
        extras=columns(encodings(study.comparators.clinical, categories)) + volume,
    )


def settled(federation: Federation, agreed: Agreed) -> dict[str, object]:
    """Words that the question after the inventory brings (`shared.course.AGREED`)."""
    return {"categories": agreed.categories, "joined": agreed.joined, "patients": federation.patients}


def _same(exchange: Exchange, what: str, remedy: str) -> None:
    said = {site: str(texts[what]) for site, texts in exchange.texts.items()}
    if len(set(said.values())) > 1:
        usual, _ = Counter(said.values()).most_common(1)[0]
        others = ", ".join(site for site, value in said.items() if value != usual)
        raise MrfedError(
            Code.SETTINGS_DIFFER, f"inventory: {what} of {others} differ from those of the other sites; {remedy}"
        )
