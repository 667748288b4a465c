"""The record of a run that every result has: who took part, what left, what a repetition needs."""

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from server import plausibility
from server.agreed import Agreed
from server.federation import Federation
from server.journal import Exchange
from server.locked_protocol import departures
from server.stages.inventory import left_out_features, of_features
from shared.contract.registry import exchange_of
from shared.federation import dropout
from shared.results import harmonized as harmonized
from shared.results import taking_part
from shared.step import Step
from shared.study.study import Study

SOFTWARE = ("mrfed", "flwr", "numpy", "scipy")
"""Packages of the coordinator whose versions bear on the numbers."""


def record(federation: Federation, agreed: Agreed) -> dict[str, Any]:
    """What the result of every study has, whatever it trains: who took part, what left, what a repetition needs."""
    of_step = {Step.of(exchange.step): exchange for exchange in federation.exchanges}
    return {
        "study": federation.study,
        "study_digest": federation.study.digest,
        "participants": tuple(
            _participant(federation.study, of_step[Step.ENROLL].texts[site], of_step[Step.INVENTORY], site)
            for site in federation.enrolled
            if site in of_step[Step.INVENTORY].clear
        ),
        "exchanges": tuple(_traffic(exchange) for exchange in federation.exchanges),
        "departures": _departures(federation),
        "deviations": (
            *(f"site {site} took no part ({code})" for site, code in sorted(of_step[Step.ENROLL].failed.items())),
            *(departures(federation.protocol, federation.study) if federation.protocol else ()),
            *_lost(federation),
            *_outvoted(federation),
            *left_out_features(of_step[Step.INVENTORY], agreed.features),
            *plausibility.outliers(of_features(of_step[Step.INVENTORY], agreed.features), agreed.features),
        ),
        "locked": _locked(federation),
        "provenance": taking_part.Provenance(
            run=federation.run,
            software=tuple(taking_part.Software(name=name, version=version(name)) for name in SOFTWARE),
            audit_logs={
                site: exchange["head"]["hash"] for site, exchange in sorted(federation.exchanges[-1].receipts.items())
            },
        ),
    }


def _locked(federation: Federation) -> taking_part.LockedProtocol | None:
    protocol = federation.protocol
    return (
        taking_part.LockedProtocol(digest=protocol.digest, on=protocol.locked.date()) if protocol is not None else None
    )


def _lost(federation: Federation) -> Iterator[str]:
    """Sites that began and did not stay; with whose patients a sum was made shows which parts of a result have them."""
    for exchange in federation.exchanges:
        if exchange.step == Step.FINISH:
            yield from (
                f"site {site} was not told the result ({code})" for site, code in sorted(exchange.failed.items())
            )
        elif exchange.step != Step.ENROLL:
            for site, code in sorted(exchange.failed.items()):
                where, patients = f"was lost at {exchange.step} ({code})", federation.patients.get(site, 0)
                if site in federation.study.evaluation.external_sites:
                    yield f"external site {site} {where}; from there on nothing is tested on its {patients} patients"
                    continue
                yield (
                    f"site {site} {where}; sums from there on are without its {patients} patients, and those before "
                    "are with them"
                )


def _outvoted(federation: Federation) -> Iterator[str]:
    """Sites that robust sums left out, and how often: some always are, a dishonest one nearly always."""
    robust = [exchange.outvoted for exchange in federation.exchanges if exchange.outvoted]
    for site, times in Counter(site for outvoted in robust for site in outvoted).most_common():
        yield f"site {site} was left out of the sums of training in {times} of {len(robust)} exchanges"
    for site in sorted({site for exchange in federation.exchanges for site in exchange.apart}):
        steps = ", ".join(exchange.step for exchange in federation.exchanges if site in exchange.apart)
        yield f"site {site} has sums ({steps}) far from those of all other sites; ask it to check its data"


def _participant(
    study: Study, introduced: Mapping[str, Any], inventory: Exchange, site: str
) -> taking_part.Participant:
    classes = len(study.question.endpoint.classes)
    clear, words = inventory.clear[site], inventory.texts[site]
    return taking_part.Participant(
        site=site,
        patients=int(clear["patients"]),
        classes=tuple(None if count < 0 else int(count) for count in clear["class_counts"][:classes]),
        exclusions=tuple(
            taking_part.Exclusion(reason=reason, patients=None if count < 0 else int(count))
            for reason, count in zip(words["reasons"], clear["exclusions"], strict=True)
        ),
        scanners=tuple(words["scanners"]),
        settings=words["settings"],
        software=tuple(
            taking_part.Software(name=name, version=version) for name, version in sorted(introduced["software"].items())
        ),
    )


def _traffic(exchange: Exchange) -> taking_part.Exchange:
    return taking_part.Exchange(
        step=exchange.step,
        seconds=exchange.seconds,
        traffic=tuple(
            taking_part.Traffic(site=site, bytes_up=size, bytes_down=exchange.sent, seconds=exchange.seconds)
            for site, size in exchange.received.items()
        ),
    )


def _departures(federation: Federation) -> tuple[taking_part.Departure, ...]:
    """What the contract let leave, with the shapes that the sites sent."""
    times = Counter(Step.of(exchange.step) for exchange in federation.exchanges)
    agreed = sum(dropout.may_lose(federation.study, exchange.step) for exchange in federation.exchanges)
    times += Counter({Step.AGREE: agreed, Step.DISCLOSE: agreed})
    first = {Step.of(exchange.step): exchange for exchange in reversed(federation.exchanges)}
    leaving = []
    for step in times:
        declared = exchange_of(step)
        for quantity in declared.leaving(derivable=federation.derivable):
            exchange = first[step]
            value = exchange.totals.get(quantity.name)
            of_a_site = next(iter(exchange.clear.values()))
            shape = np.shape(of_a_site[quantity.name] if value is None else value)
            if 0 in shape:
                continue
            leaving.append(
                taking_part.Departure(
                    step=step,
                    quantity=quantity.name,
                    words=quantity.words,
                    way=quantity.way,
                    shape=shape,
                    times=times[step],
                )
            )
        leaving += [
            taking_part.Departure(
                step=step, quantity=text.name, words=text.words, way=None, shape=(), times=times[step]
            )
            for text in declared.texts
        ]
    return tuple(leaving)
