"""Who takes part, and on what they agree."""

from collections import Counter

from harmonization.design import columns, encodings
from server.federation import Federation
from server.state import Enrolled
from shared.errors import Code, MrfedError
from shared.plan import fits
from shared.scales import Scales


def enroll(federation: Federation) -> Enrolled:
    """Ask who is there, and find the features, categories and scales that all share.

    Raises
    ------
    MrfedError where the quorum fails, or sites have computed their features under different settings.
    """
    study = federation.study
    exchange = federation.enroll()
    words = exchange.texts
    _same(federation, "settings", "prepare the features anew under the study's settings")
    _same(federation, "features", "use feature tables with the same columns in the same order")
    names = [one.column for one in study.harmonization.covariates if one.kind == "categorical"]
    categories = {
        name: sorted({value for site in federation.roster for value in words[site]["categories"][name]})
        for name in names
    }
    covariates = encodings(study.harmonization.covariates, categories)
    federation.scales = Scales.agree(exchange.clear.values()).over(
        [len(one.columns) for one in covariates], len(study.endpoint_columns)
    )
    return Enrolled(
        features=tuple(words[federation.roster[0]]["features"]),
        columns=columns(covariates) + study.endpoint_columns,
        declared=len(columns(covariates)),
        fits=fits(study, federation.roster),
        words={
            "categories": categories,
            "masking_keys": {site: words[site]["masking_key"] for site in federation.roster},
        },
    )


def _same(federation: Federation, what: str, remedy: str) -> None:
    said = {site: str(texts[what]) for site, texts in federation.exchanges[0].texts.items()}
    if len(set(said.values())) > 1:
        usual, _ = Counter(said.values()).most_common(1)[0]
        others = ", ".join(site for site, value in said.items() if value != usual)
        raise MrfedError(
            Code.SETTINGS_DIFFER, f"enroll: {what} of {others} differ from those of the other sites; {remedy}"
        )
