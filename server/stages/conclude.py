"""The result of a study, from what its stages learned."""

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from server import plausibility
from server.federation import Federation
from server.journal import Exchange
from server.locked_protocol import departures
from server.report.harmonization import feature_harmonization
from server.stages.assess import assess_features
from server.stages.candidates import candidates
from server.stages.cluster import habitat_model
from server.stages.evaluate import Judgements
from server.stages.explain import explain
from server.stages.freeze import freeze
from server.stages.normalize import standard_model
from server.stages.stability import stability_of
from server.state import Agreed, Harmonized
from shared.contract import contract
from shared.contract.contract import Step
from shared.federation import dropout
from shared.metrics.value_histogram import edges
from shared.results import evaluation, model, result, taking_part
from shared.results import harmonized as harmonized
from shared.results.hidden_counts import without_complements
from shared.results.site_probes import SiteProbes
from shared.study.plan import Arm, View, explains, inner_folds, small_arms
from shared.study.study import Study
from shared.training.progress import Learned
from shared.training.thresholds import threshold

SOFTWARE = ("mrfed", "flwr", "numpy", "scipy")
"""Packages of the coordinator whose versions bear on the numbers."""


def conclude(
    federation: Federation,
    agreed: Agreed,
    harmonized: Harmonized,
    learned: Learned,
    judgements: Judgements,
    probes: SiteProbes | None = None,
    chance: evaluation.Chance | None = None,
) -> result.Result:
    """Put together who took part, what came out, and what left each site."""
    of_step = {Step.of(one.step): one for one in federation.exchanges}
    evaluated = Step.RESIDUALS if federation.study.question.endpoint.continuous else Step.EVALUATE
    found = result.Result(
        **told_by_all(federation, agreed),
        harmonized=_harmonized(federation, agreed, of_step[Step.MOMENTS]),
        assessed=assess_features(agreed, harmonized, of_step[Step.MOMENTS]),
        site_probes=probes,
        model=_model(federation, agreed, harmonized, learned, judgements),
        standards=standard_model(federation),
        habitats=habitat_model(federation),
        stability=stability_of(federation, agreed),
        evaluations=judgements.evaluations,
        comparisons=judgements.comparisons,
        residuals=judgements.residuals,
        compared=judgements.compared,
        transfers=judgements.transfers,
        chance=chance,
        explained=explain(agreed, learned, federation.made(learned.learner.step), of_step[evaluated])
        if explains(federation.study)
        else (),
        class_calls=judgements.recalls,
    )
    return without_complements(found)


def told_by_all(federation: Federation, agreed: Agreed) -> dict[str, Any]:
    """What the result of every study has, whatever it trains: who took part, what left, what a repetition needs."""
    of_step = {Step.of(one.step): one for one in federation.exchanges}
    return {
        "study": federation.study,
        "study_digest": federation.study.digest,
        "participants": tuple(
            _participant(federation.study, of_step[Step.ENROLL].texts[site], of_step[Step.INVENTORY], site)
            for site in federation.enrolled
            if site in of_step[Step.INVENTORY].clear
        ),
        "exchanges": tuple(_traffic(one) for one in federation.exchanges),
        "departures": _departures(federation),
        "deviations": (
            *(f"site {site} took no part ({code})" for site, code in sorted(of_step[Step.ENROLL].failed.items())),
            *(departures(federation.protocol, federation.study) if federation.protocol else ()),
            *_lost(federation),
            *_outvoted(federation),
            *plausibility.outliers(of_step[Step.INVENTORY].clear, agreed.features),
        ),
        "locked": _locked(federation),
        "provenance": taking_part.Provenance(
            run=federation.run,
            software=tuple(taking_part.Software(name=name, version=version(name)) for name in SOFTWARE),
            audit_logs={site: one["head"]["hash"] for site, one in sorted(federation.exchanges[-1].receipts.items())},
        ),
    }


def _locked(federation: Federation) -> taking_part.LockedProtocol | None:
    protocol = federation.protocol
    return (
        taking_part.LockedProtocol(digest=protocol.digest, on=protocol.locked.date()) if protocol is not None else None
    )


def _lost(federation: Federation) -> Iterator[str]:
    """Sites that began and did not stay; with whose patients a sum was made shows which parts of a result have them."""
    for one in federation.exchanges:
        if one.step == Step.FINISH:
            yield from (f"site {site} was not told the result ({code})" for site, code in sorted(one.failed.items()))
        elif one.step != Step.ENROLL:
            for site, code in sorted(one.failed.items()):
                where, patients = f"was lost at {one.step} ({code})", federation.patients.get(site, 0)
                if site in federation.study.evaluation.external_sites:
                    yield f"external site {site} {where}; from there on nothing is tested on its {patients} patients"
                    continue
                yield (
                    f"site {site} {where}; sums from there on are without its {patients} patients, and those before "
                    "are with them"
                )


def _outvoted(federation: Federation) -> Iterator[str]:
    """Sites that robust sums left out, and how often: some always are, a dishonest one nearly always."""
    robust = [one.outvoted for one in federation.exchanges if one.outvoted]
    for site, times in Counter(site for one in robust for site in one).most_common():
        yield f"site {site} was left out of the sums of training in {times} of {len(robust)} exchanges"
    for site in sorted({site for one in federation.exchanges for site in one.apart}):
        steps = ", ".join(one.step for one in federation.exchanges if site in one.apart)
        yield f"site {site} has sums ({steps}) far from those of all other sites; ask it to check its data"


def _participant(
    study: Study, introduced: Mapping[str, Any], inventory: Exchange, site: str
) -> taking_part.Participant:
    classes = len(study.question.endpoint.classes)
    said, words = inventory.clear[site], inventory.texts[site]
    return taking_part.Participant(
        site=site,
        patients=int(said["patients"]),
        classes=tuple(None if count < 0 else int(count) for count in said["class_counts"][:classes]),
        exclusions=tuple(
            taking_part.Exclusion(reason=reason, patients=None if count < 0 else int(count))
            for reason, count in zip(words["reasons"], said["exclusions"], strict=True)
        ),
        scanners=tuple(words["scanners"]),
        settings=words["settings"],
        software=tuple(
            taking_part.Software(name=name, version=one) for name, one in sorted(introduced["software"].items())
        ),
    )


def _harmonized(
    federation: Federation, agreed: Agreed, moments: Exchange
) -> tuple[harmonized.FeatureHarmonization, ...]:
    if not federation.derivable:
        return ()
    nobody = dict.fromkeys(("before", "after"), np.zeros_like(moments.clear[federation.roster[0]]["before"]))
    of_site = [moments.clear.get(site, nobody) for site in federation.enrolled if site in federation.patients]
    before, after = (np.stack([said[name] for said in of_site], axis=1) for name in ("before", "after"))
    return tuple(
        feature_harmonization(name, edges(), before[index], after[index]) for index, name in enumerate(agreed.features)
    )


def _model(
    federation: Federation, agreed: Agreed, harmonized: Harmonized, learned: Learned, judgements: Judgements
) -> model.FinalModel:
    final = 0  # the fit of all patients comes first, and the model before the other arms
    trained = learned.trainer(federation.made(learned.learner.step))
    place = learned.chosen(Arm.MODEL, final)
    vector = trained.coefficients[final, place]
    kind, study = federation.study.model.kind, federation.study
    there = np.flatnonzero(learned.selected[final] >= 0)
    if (endpoint := study.question.endpoint).continuous:  # trained in parts of its range, kept in its unit
        vector = vector * endpoint.half_range + np.where(np.arange(len(vector)) == 0, endpoint.middle, 0.0)
    intercept, weights = learned.learner.shown(vector, learned.selected.shape[1], learned.classes)
    coefficients = tuple(
        _coefficient(agreed, learned, int(learned.selected[final, one]), float(weights[one])) for one in there
    )
    return model.FinalModel(
        kind=kind,
        intercept=intercept,
        coefficients=coefficients,
        vector=() if kind == "logistic" else tuple(vector.tolist()),
        columns=learned.selected.shape[1],
        penalty=float(learned.penalties[final, place]),
        tuning=_tuning(learned, federation) if study.model.penalties > 1 else None,
        combined=_combined(agreed, learned, federation) if Arm.COMBINED in small_arms(study) else None,
        threshold=_threshold(federation) if learned.classes == 2 else None,
        differences=_differences(judgements),
        offered=len(agreed.features),
        candidates=candidates(agreed, learned, coefficients),
        harmonization=freeze(federation.study.harmonization, agreed, harmonized),
        training=model.Training(
            fits=len(learned.fits),
            iterations=federation.made(learned.learner.step),
            converged=trained.done,
            largest_change=trained.worst,
            unusable=tuple(fit.name for fit, usable in zip(learned.fits, trained.usable, strict=False) if not usable),
        ),
    )


def _differences(judgements: Judgements) -> tuple[float, float] | None:
    for view in (View.EXTERNAL, View.LEFT_OUT_SITE, View.CROSS_VALIDATION):
        for one in judgements.residuals:
            low, high = one.agreement.agreement_low, one.agreement.agreement_high
            if one.view is view and low is not None and high is not None:
                return low, high
    return None


def _threshold(federation: Federation) -> float:
    told = federation.totals(Step.THRESHOLD)["training_scores"]
    return threshold(federation.study, told, Arm.MODEL, 0, 1)


def _coefficient(agreed: Agreed, learned: Learned, feature: int, weight: float) -> model.Coefficient:
    return model.Coefficient(
        feature=agreed.features[feature],
        value=weight,
        mean=float(learned.standard.mean[0, feature]),
        sd=float(learned.standard.sd[0, feature]),
    )


def _tuning(learned: Learned, federation: Federation) -> model.Tuning:
    told, inner = federation.totals(Step.TUNE), inner_folds(federation.study)
    trained = learned.trainer(federation.made(learned.learner.step)).coefficients[0]
    patients = max(float(told["held_out"][:inner].sum()), 1.0)
    endpoint = federation.study.question.endpoint
    unit = endpoint.half_range**2 if endpoint.continuous else 1.0
    return model.Tuning(
        penalties=tuple(learned.penalties[0].tolist()),
        held_out_loss=tuple((told["held_out_loss"][:inner].sum(axis=0) * unit / patients).tolist()),
        chosen=learned.chosen(Arm.MODEL, 0),
        features=tuple((trained[:, 1:] != 0).sum(axis=1).tolist()),
    )


def _combined(agreed: Agreed, learned: Learned, federation: Federation) -> model.CombinedModel | None:
    """The nomogram's model; None for more than two classes, which have more than one score."""
    if learned.classes > 2:
        return None
    columns = 2 + len(agreed.extras)
    trained = learned.combiner(federation.made(Step.COMBINE), columns)
    vector, scale = trained.coefficients[learned.small.index((Arm.COMBINED, 0)), 0], learned.extras
    clinical = len(agreed.extras) - int(federation.study.comparators.volume is not None)
    score, middle, half = "model's score (log-odds)", 0.0, 1.0
    if (endpoint := federation.study.question.endpoint).continuous:
        score, middle, half = "model's value", endpoint.middle, endpoint.half_range
        vector = vector * half + np.where(np.arange(len(vector)) == 0, middle, 0.0)
    names = (score, *agreed.extras[:clinical])
    means, sds = (middle, *scale.mean[0, :clinical].tolist()), (half, *scale.sd[0, :clinical].tolist())
    return model.CombinedModel(
        intercept=float(vector[0]),
        coefficients=tuple(
            model.Coefficient(feature=name, value=float(value), mean=mean, sd=sd)
            for name, value, mean, sd in zip(names, vector[1:], means, sds, strict=False)
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
                taking_part.Departure(
                    step=step, quantity=one.name, words=one.words, way=one.way, shape=shape, times=times[step]
                )
            )
        leaving += [
            taking_part.Departure(step=step, quantity=one.name, words=one.words, way=None, shape=(), times=times[step])
            for one in contract.TEXTS.get(step, ())
        ]
    return tuple(leaving)
