"""What the sites could bring to a planned study, and what it could show."""

from collections.abc import Iterator
from typing import Any

from server.federation import Federation
from server.journal import Exchange
from server.results.survey import PowerAt, Prospect, ProspectOfNumber, Protocol, Survey, SurveyedSite
from shared.contract.survey import ALL_BUT_FEW
from shared.metrics.auc import Z_95
from shared.metrics.power import detectable, power, stratified_error
from shared.metrics.power_of_regression import (
    concordance_error,
    concordance_of,
    concordance_power,
    correlation_power,
    detectable_concordance,
    detectable_correlation,
    relative_error,
)
from shared.step import Step
from shared.study.plan import targets
from shared.study.study import Study

AUCS = (0.60, 0.65, 0.70, 0.75, 0.80)
"""Published AUCs of HER2-zero against HER2-low at other hospitals lie from 0.73 to 0.80."""
CORRELATIONS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""From a small one, over a medium one of 0.3, to a large one (Cohen, Psychol Bull 112 (1992) 155)."""
INDEX = 0.65
"""Concordance about which an interval is shown: that of a correlation of 0.45."""


def survey(federation: Federation) -> Survey:
    """Ask every site what it could bring.

    Parameters
    ----------
    federation : the sites, and a study whose purpose is feasibility
    """
    study, enrolled = federation.study, federation.exchanges[0]
    counted = federation.ask(Step.SURVEY)
    sites = tuple(_site(counted, site, study) for site in federation.roster)
    return Survey(
        study=study,
        study_digest=study.digest,
        sites=sites,
        absent=tuple(sorted(enrolled.failed.items())),
        prospects=tuple(_prospects(sites, study)),
        prospects_of_number=tuple(_of_number(sites, study)),
    )


def _site(inventory: Exchange, site: str, study: Study) -> SurveyedSite:
    least, classes = study.privacy.minimum_patients, len(study.question.endpoint.classes)
    numbers: dict[str, Any] = dict(inventory.clear[site])
    words = inventory.texts[site]
    patients = int(numbers["patients"])
    return SurveyedSite(
        site=site,
        patients=patients,
        usable=_shown(numbers["usable"]),
        classes=tuple(_shown(count) for count in numbers["class_counts"][:classes]),
        having=tuple(_in_words(int(count), least) for count in numbers["having"]),
        problems=tuple(
            (reason, _shown(count)) for reason, count in zip(words["reasons"], numbers["problems"], strict=True)
        ),
        protocols=tuple(
            Protocol(scanner=name, phases=row[0], seconds_between=row[1], highest_b=row[2])
            for name, row in zip(words["scanners"], numbers["protocol"].tolist(), strict=True)
        ),
    )


def _shown(count: Any) -> int | None:
    return None if count < 0 else int(count)


def _in_words(count: int, least: int) -> str:
    if count == ALL_BUT_FEW:
        return f"all but fewer than {least}"
    return f"fewer than {least}" if count < 0 else str(count)


def _groups(sites: tuple[SurveyedSite, ...], study: Study) -> Iterator[tuple[bool, list[SurveyedSite]]]:
    """Sites that train, whose patients the folds evaluate; and external ones, on whom the final model is tested."""
    for external in (False, True):
        yield external, [site for site in sites if (site.site in study.evaluation.external_sites) == external]


def _prospects(sites: tuple[SurveyedSite, ...], study: Study) -> Iterator[Prospect]:
    classes = study.question.endpoint.classes
    for external, group in _groups(sites, study):
        for target in targets(study) if classes else ():
            counted = {
                site.site: (of_class, of_rest)
                for site in group
                if (of_class := site.classes[target]) and (of_rest := _others(site.classes, target))
            }
            if not counted:
                continue
            numbers = list(counted.values())
            yield Prospect(
                target=classes[target].name,
                external=external,
                sites=tuple(counted),
                detectable_auc=detectable(numbers),
                half_width=Z_95 * stratified_error(0.75, numbers),
                power=tuple((auc, power(auc, numbers)) for auc in AUCS),
            )


def _others(classes: tuple[int | None, ...], target: int) -> int:
    """Patients of the other classes; 0 where a count is hidden."""
    counts = [count for place, count in enumerate(classes) if place != target]
    return 0 if None in counts else sum(count or 0 for count in counts)


def _of_number(sites: tuple[SurveyedSite, ...], study: Study) -> Iterator[ProspectOfNumber]:
    for external, group in _groups(sites, study):
        counted = {site.site: site.usable for site in group if site.usable is not None and site.usable > 1}
        if not counted or not study.question.endpoint.continuous:
            continue
        numbers = list(counted.values())
        yield ProspectOfNumber(
            external=external,
            sites=tuple(counted),
            patients=sum(numbers),
            detectable_concordance=detectable_concordance(numbers),
            detectable_correlation=detectable_correlation(numbers),
            half_width=Z_95 * concordance_error(INDEX, numbers),
            error_width=Z_95 * relative_error(sum(numbers)),
            power=tuple(_power_at(rho, numbers) for rho in CORRELATIONS),
        )


def _power_at(correlation: float, numbers: list[int]) -> PowerAt:
    index = concordance_of(correlation)
    return PowerAt(
        correlation=correlation,
        concordance=index,
        by_concordance=concordance_power(index, numbers),
        by_correlation=correlation_power(correlation, numbers),
    )
