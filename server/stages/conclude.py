"""The result of a study, from what its stages learned."""

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from server import plausible
from server.federation import Federation
from server.journal import Exchange
from server.report.harmonization import feature_harmonization
from server.stages.assess import assess_features
from server.stages.cluster import habitat_model
from server.stages.freeze import freeze
from server.stages.stability import stability_of
from server.state import Agreed, Trained
from shared import contract, dropout, result
from shared.contract import Step
from shared.protocol import departures
from shared.site_probes import SiteProbes
from shared.value_histogram import edges

SOFTWARE = ("mrfed", "flwr", "numpy", "scipy")
"""Packages of the coordinator whose versions bear on the numbers."""


def conclude(
    federation: Federation,
    agreed: Agreed,
    trained: Trained,
    evaluations: tuple[result.ViewEvaluation, ...],
    probes: SiteProbes | None = None,
) -> result.Result:
    """Put together who took part, what came out, and what left each site."""
    of_step = {Step.of(one.step): one for one in federation.exchanges}
    return result.Result(
        study=federation.study,
        study_digest=federation.study.digest,
        participants=tuple(
            _participant(of_step[Step.ENROLL].texts[site], of_step[Step.INVENTORY], site)
            for site in federation.enrolled
            if site in of_step[Step.INVENTORY].clear
        ),
        harmonized=_harmonized(federation, agreed, of_step[Step.MOMENTS]),
        assessed=assess_features(agreed, trained.harmonized, of_step[Step.MOMENTS]),
        site_probes=probes,
        model=_model(federation, agreed, trained),
        habitats=habitat_model(federation),
        stability=stability_of(federation, agreed),
        evaluations=evaluations,
        exchanges=tuple(_traffic(one) for one in federation.exchanges),
        departures=_departures(federation),
        deviations=(
            *(f"site {site} took no part ({code})" for site, code in sorted(of_step[Step.ENROLL].failed.items())),
            *(departures(federation.protocol, federation.study) if federation.protocol else ()),
            *_lost(federation),
            *plausible.outliers(of_step[Step.INVENTORY].clear, agreed.features),
        ),
        locked=_locked(federation),
        provenance=result.Provenance(
            run=federation.run,
            software=tuple(result.Software(name=name, version=version(name)) for name in SOFTWARE),
            audit_logs={site: one["head"]["hash"] for site, one in sorted(federation.exchanges[-1].receipts.items())},
        ),
    )


def _locked(federation: Federation) -> result.LockedProtocol | None:
    protocol = federation.protocol
    return result.LockedProtocol(digest=protocol.digest, on=protocol.locked.date()) if protocol is not None else None


def _lost(federation: Federation) -> Iterator[str]:
    """Sites that began and did not stay; with whose patients a sum was made shows which parts of a result have them."""
    for one in federation.exchanges:
        if one.step == Step.FINISH:
            yield from (f"site {site} was not told the result ({code})" for site, code in sorted(one.failed.items()))
        elif one.step != Step.ENROLL:
            for site, code in sorted(one.failed.items()):
                yield (
                    f"site {site} was lost at {one.step} ({code}); sums from there on are without its "
                    f"{federation.patients.get(site, 0)} patients, and those before are with them"
                )


def _participant(introduced: Mapping[str, Any], inventory: Exchange, site: str) -> result.Participant:
    said, words = inventory.clear[site], inventory.texts[site]
    return result.Participant(
        site=site,
        patients=int(said["patients"]),
        classes=tuple(None if count < 0 else int(count) for count in said["class_counts"]),
        exclusions=tuple(
            result.Exclusion(reason=reason, patients=None if count < 0 else int(count))
            for reason, count in zip(words["reasons"], said["exclusions"], strict=True)
        ),
        scanners=tuple(words["scanners"]),
        settings=words["settings"],
        software=tuple(result.Software(name=name, version=one) for name, one in sorted(introduced["software"].items())),
    )


def _harmonized(federation: Federation, agreed: Agreed, moments: Exchange) -> tuple[result.FeatureHarmonization, ...]:
    if not federation.derivable:
        return ()
    nobody = dict.fromkeys(("before", "after"), np.zeros_like(moments.clear[federation.roster[0]]["before"]))
    of_site = [moments.clear.get(site, nobody) for site in federation.enrolled if site in federation.patients]
    before, after = (np.stack([said[name] for said in of_site], axis=1) for name in ("before", "after"))
    return tuple(
        feature_harmonization(name, edges(), before[index], after[index]) for index, name in enumerate(agreed.features)
    )


def _model(federation: Federation, agreed: Agreed, trained: Trained) -> result.FinalModel:
    final = 0  # the fit of all patients comes first
    chosen = [int(feature) for feature in trained.selected[final] if feature >= 0]
    intercept, *weights = trained.newton.coefficients[final]
    return result.FinalModel(
        intercept=float(intercept),
        coefficients=tuple(
            result.Coefficient(
                feature=agreed.features[feature],
                value=float(weight),
                mean=float(trained.standard.mean[final, feature]),
                sd=float(trained.standard.sd[final, feature]),
            )
            for feature, weight in zip(chosen, weights, strict=False)
        ),
        offered=len(agreed.features),
        harmonization=freeze(federation.study.harmonization, agreed, trained.harmonized),
        training=result.Training(
            fits=len(agreed.fits),
            iterations=trained.iterations,
            converged=trained.converged,
            largest_change=float(trained.newton.change.max()),
            unusable=tuple(
                fit.name for fit, usable in zip(agreed.fits, trained.newton.usable, strict=True) if not usable
            ),
        ),
    )


def _traffic(exchange: Exchange) -> result.Exchange:
    return result.Exchange(
        step=exchange.step,
        seconds=exchange.seconds,
        traffic=tuple(
            result.Traffic(site=site, bytes_up=size, bytes_down=exchange.sent, seconds=exchange.seconds)
            for site, size in exchange.received.items()
        ),
    )


def _departures(federation: Federation) -> tuple[result.Departure, ...]:
    """What the contract let leave, with the shapes that the sites sent."""
    times = Counter(Step.of(one.step) for one in federation.exchanges)
    agreed = sum(dropout.may_lose(federation.study, one.step) for one in federation.exchanges)
    times += Counter({Step.AGREE: agreed, Step.DISCLOSE: agreed})
    first = {Step.of(one.step): one for one in reversed(federation.exchanges)}
    leaving = []
    for step in times:
        for one in contract.quantities(step, derivable=federation.derivable):
            exchange = first[step]
            value = exchange.totals.get(one.name)
            said = next(iter(exchange.clear.values()))
            shape = np.shape(said[one.name] if value is None else value)
            if 0 in shape:
                continue
            leaving.append(
                result.Departure(
                    step=step, quantity=one.name, words=one.words, way=one.way, shape=shape, times=times[step]
                )
            )
        leaving += [
            result.Departure(step=step, quantity=one.name, words=one.words, way=None, shape=(), times=times[step])
            for one in contract.TEXTS.get(step, ())
        ]
    return tuple(leaving)
