"""The result of a study, from what its stages learned."""

import numpy as np

from server.agreed import Agreed, Harmonized
from server.federation import Federation
from server.journal import Exchange
from server.report.harmonization import feature_harmonization
from server.report.hidden_counts import without_complements
from server.results.noisy_result import NoisyResult
from server.results.survey import Survey
from server.stages.assess import assess_features
from server.stages.candidates import candidates
from server.stages.cluster import habitat_model
from server.stages.evaluate import Judgements
from server.stages.explain import explain
from server.stages.freeze import freeze
from server.stages.normalize import standard_model
from server.stages.record import record
from server.stages.stability import stability_of
from server.state import State
from shared.metrics.value_histogram import edges
from shared.results import harmonized as harmonized
from shared.results import model
from shared.results.result import Result
from shared.step import Step
from shared.study.kind import Kind, kind_of
from shared.study.plan import Arm, View, explains, inner_folds, small_arms
from shared.training.progress import Learned
from shared.training.thresholds import threshold

Outcome = Result | NoisyResult | Survey


def finish(federation: Federation, state: State) -> Outcome:
    """Put the result together and tell it to all; what follows of telling it is added to the record that is kept."""
    result = _result(federation, state)
    content = result.model_dump_json()
    federation.ask(Step.FINISH, {"result": content, "signature": federation.sign(content)})
    if isinstance(result, Result):
        return result.model_copy(update=record(federation, state.agreed))
    return result


def _result(federation: Federation, state: State) -> Outcome:
    match kind_of(federation.study):
        case Kind.SURVEY:
            survey: Survey = state.returned(Step.SURVEY)
            return survey
        case Kind.NOISY:
            noisy: NoisyResult = state.returned(Step.NOISY_SCORES)
            return noisy
        case Kind.NETWORK:
            return state.network.conclude(state.judgements)
        case Kind.FEATURES:
            return conclude(federation, state)


def conclude(federation: Federation, state: State) -> Result:
    """Put together who took part, what came out, and what left each site."""
    of_step = {Step.of(exchange.step): exchange for exchange in federation.exchanges}
    evaluated = Step.RESIDUALS if federation.study.question.endpoint.continuous else Step.EVALUATE
    agreed, harmonized, learned, judgements = state.agreed, state.harmonized, state.learned, state.judgements
    concluded = Result(
        **record(federation, agreed),
        harmonized=_harmonized(federation, agreed, of_step[Step.MOMENTS]),
        assessed=assess_features(agreed, harmonized, of_step[Step.MOMENTS]),
        site_probes=state.probes,
        model=_model(federation, agreed, harmonized, learned, judgements),
        standards=standard_model(federation),
        habitats=habitat_model(federation),
        stability=stability_of(federation, agreed),
        evaluations=judgements.evaluations,
        comparisons=judgements.comparisons,
        residuals=judgements.residuals,
        compared=judgements.compared,
        transfers=judgements.transfers,
        chance=state.chance,
        explained=explain(agreed, learned, federation.made(learned.learner.step), of_step[evaluated])
        if explains(federation.study)
        else (),
        class_calls=judgements.recalls,
    )
    return without_complements(concluded)


def _harmonized(
    federation: Federation, agreed: Agreed, moments: Exchange
) -> tuple[harmonized.FeatureHarmonization, ...]:
    if not federation.derivable:
        return ()
    nobody = dict.fromkeys(("before", "after"), np.zeros_like(moments.clear[federation.roster[0]]["before"]))
    of_site = [moments.clear.get(site, nobody) for site in federation.enrolled if site in federation.patients]
    before, after = (np.stack([clear[name] for clear in of_site], axis=1) for name in ("before", "after"))
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
    study = federation.study
    there = np.flatnonzero(learned.selected[final] >= 0)
    if (endpoint := study.question.endpoint).continuous:  # trained in parts of its range, kept in its unit
        vector = vector * endpoint.half_range + np.where(np.arange(len(vector)) == 0, endpoint.middle, 0.0)
    intercept, weights = learned.learner.shown(vector, learned.selected.shape[1], learned.classes)
    coefficients = tuple(
        _coefficient(agreed, learned, int(learned.selected[final, column]), float(weights[column])) for column in there
    )
    return model.FinalModel(
        kind=study.model.kind,
        intercept=intercept,
        coefficients=coefficients,
        vector=() if learned.learner.kept_as_log_odds else tuple(vector.tolist()),
        columns=learned.selected.shape[1],
        penalty=float(learned.penalties[final, place]),
        tuning=_tuning(learned, federation) if study.model.path_length > 1 else None,
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
        for residuals in judgements.residuals:
            low, high = residuals.agreement.agreement_low, residuals.agreement.agreement_high
            if residuals.view is view and low is not None and high is not None:
                return low, high
    return None


def _threshold(federation: Federation) -> float:
    scores = federation.totals(Step.THRESHOLD)["training_scores"]
    return threshold(federation.study, scores, Arm.MODEL, 0, 1)


def _coefficient(agreed: Agreed, learned: Learned, feature: int, weight: float) -> model.Coefficient:
    return model.Coefficient(
        feature=agreed.features[feature],
        value=weight,
        mean=float(learned.standard.mean[0, feature]),
        sd=float(learned.standard.sd[0, feature]),
    )


def _tuning(learned: Learned, federation: Federation) -> model.Tuning:
    totals, inner = federation.totals(Step.TUNE), inner_folds(federation.study)
    trained = learned.trainer(federation.made(learned.learner.step)).coefficients[0]
    patients = max(float(totals["held_out"][:inner].sum()), 1.0)
    endpoint = federation.study.question.endpoint
    unit = endpoint.half_range**2 if endpoint.continuous else 1.0
    return model.Tuning(
        penalties=tuple(learned.penalties[0].tolist()),
        held_out_loss=tuple((totals["held_out_loss"][:inner].sum(axis=0) * unit / patients).tolist()),
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
