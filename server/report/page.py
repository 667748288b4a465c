"""The report as one HTML file: no script, no request to anywhere, readable on screen and on paper."""

from collections.abc import Sequence
from itertools import groupby
from math import isinf
from pathlib import Path

from server.report import assessment, held_against, label_noise, residuals, stability, words
from server.report.candidates import candidates
from server.report.feature_dictionary import Entry, describe
from server.report.figures.benefit import benefit
from server.report.figures.calibration import calibration
from server.report.figures.coefficients import coefficients
from server.report.figures.distributions import distributions
from server.report.figures.explained import explained
from server.report.figures.forest import forest
from server.report.figures.learning import learning
from server.report.figures.legend import legend
from server.report.figures.nomogram import nomogram
from server.report.figures.participants import participants
from server.report.figures.precision_recall import precision_recall
from server.report.figures.roc import roc
from server.report.findings import against, findings, mean_over_classes, unseen_first
from server.report.habitats import shown
from server.report.nomogram_points import of_standardized
from server.report.picture import Picture, require_simulated
from server.report.views import TITLES
from server.report.writing import page
from server.report.writing import write as write_report
from shared.contract.quantity import Way
from shared.files import document
from shared.models.registry import LEARNERS, learner_of
from shared.results.empty_model import WORDS, features_used, is_empty
from shared.results.evaluation import ViewEvaluation
from shared.results.harmonized import FeatureHarmonization
from shared.results.model import FinalModel
from shared.results.network import Round
from shared.results.result import Result
from shared.results.taking_part import Departure
from shared.sections.harmonization import LeftOutSite, Method, Missing, Transform
from shared.sections.model import ElasticNetSettings, Model, RidgeSettings
from shared.sections.question import HER2_STATUS
from shared.step import Step
from shared.study.plan import View, training_sites
from shared.study.study import Study

SHOWN_FEATURES = 6
"""Features whose distributions are drawn: those that the site explains most before harmonization."""
SHOWN_COEFFICIENTS = 24
MOST_NOMOGRAM_VARIABLES = 12
"""More lines than these nobody reads."""

_LEFT_OUT = {
    LeftOutSite.RAW: "its features as they are, without harmonization",
    LeftOutSite.OWN_PATIENTS: "its own harmonization, estimated from {n} of its patients without their labels; "
    "those patients are not evaluated",
    LeftOutSite.TRANSDUCTIVE: "its own harmonization, estimated without labels from the patients who are evaluated",
}
_ENDPOINT_KEPT = (
    "given their endpoint. Warning: the study keeps the endpoint's effect, so the features of training patients carry "
    "their class, and harmonization cannot count as blind to it. Evaluated patients are harmonized without theirs."
)
_COMBINED = (
    "The model's score in log-odds, from two under none to two above it, and clinical variables to two standard "
    "deviations about their mean. For training the score of a patient came from the inner fold that had left her out."
)
_FEATURES = "Harmonized features, drawn from two standard deviations under their mean to two above it."
_WAYS = {
    Way.MASKED: "masked",
    Way.JOINED: "readable in the sum",
    Way.CLEAR: "clear",
    Way.DERIVABLE: "clear, declared",
    None: "clear, words",
}


def render(result: Result, pictures: Sequence[Picture] = ()) -> str:
    """Report of a result; equal results give equal bytes.

    Parameters
    ----------
    result : of a study
    pictures : of simulated patients

    Raises
    ------
    MrfedError where there are pictures and the patients are real.
    """
    require_simulated(result, pictures)
    return page("page.html.j2", result.study, _context(result) | {"pictures": pictures})


def write(result: Result, folder: Path, pictures: Sequence[Picture] = ()) -> Path:
    """Write `report.html` and `result.json`, each whole or not at all.

    Parameters
    ----------
    result, pictures : as for `render`
    folder : where to

    Returns
    -------
    path of the report
    """
    return write_report(result, render(result, pictures), folder)


def _context(result: Result) -> dict[str, object]:
    study, sites = result.study, [participant.site for participant in result.participants]
    classes = [category.name for category in study.question.endpoint.classes]
    of_model = result.model.coefficients if result.model else ()
    evaluated = unseen_first(result)
    ranked = sorted(of_model, key=lambda coefficient: -abs(coefficient.value))
    return {
        "result": result,
        "classes": classes,
        "findings": findings(result),
        "residuals": residuals.sections(result, lambda view: _how(result, view)),
        "views": [_view(result, evaluation, sites) for evaluation in evaluated],
        "macro": mean_over_classes([evaluation for evaluation in evaluated if evaluation.view is evaluated[0].view]),
        "trainers": _trainers(result),
        "empty": WORDS if is_empty(result.model) else "",
        "used": features_used(result.model) if result.model else 0,
        "of_her2": study.question.endpoint.column == HER2_STATUS,
        "participants": participants(
            [
                participant if classes else participant.model_copy(update={"classes": (participant.patients,)})
                for participant in result.participants
            ],
            classes or ["patients"],
            study.privacy.minimum_patients,
        ),
        "totals": [
            _total([participant.classes[k] for participant in result.participants]) for k in range(len(classes))
        ],
        "harmonized": _harmonized(result, sites) if result.harmonized else None,
        "method": _method(result),
        "tests": assessment.rows(result.assessed),
        "site_means": assessment.site_means(result.assessed),
        "awkward": assessment.awkward(result.assessed),
        "coefficients": coefficients(ranked[:SHOWN_COEFFICIENTS], _moved(study))
        if ranked and not is_empty(result.model)
        else None,
        "nomogram": _nomogram(result.model) if result.model and not is_empty(result.model) else None,
        "network": result.network,
        # with differential privacy no loss leaves
        "learning": learning(rounds) if (rounds := _judged(result)) else None,
        "legend": legend(sites, pooled=False),
        "trained": _trained(study.model, result.model) if result.model else None,
        "ranked": ranked,
        "searched": learner_of(study.model).step is Step.TRAIN,
        "candidates": candidates(result.model.candidates) if result.model else None,
        "held": held_against.sections(result, sites),
        "dictionary": _dictionary(result),
        "stability": stability.rows(result.stability, study.stability.threshold) if study.stability else (),
        "habitats": shown(result.habitats) if result.habitats else None,
        "shown": SHOWN_COEFFICIENTS,
        "misread_shares": label_noise.MISREAD,
        "traffic": _traffic(result, sites),
        "departures": _departures(result),
        "settings": document.readable(study),
    }


def _trainers(result: Result) -> str:
    """Sites whose patients trained the model."""
    if not result.study.evaluation.external_sites:
        return "all sites"
    return words.listed(list(training_sites(result.study, [participant.site for participant in result.participants])))


def _moved(study: Study) -> str:
    """What a coefficient adds to."""
    endpoint = study.question.endpoint
    return (endpoint.unit or endpoint.column) if endpoint.continuous else "log-odds"


def _judged(result: Result) -> tuple[Round, ...]:
    """Rounds of a network whose loss was told."""
    return (
        tuple(training_round for training_round in result.network.rounds if training_round.loss)
        if result.network
        else ()
    )


def _how(result: Result, view: View) -> str:
    """By which model a patient is scored, and how her site is harmonized."""
    how = f"Every patient is scored by a model that was trained on the other folds of {_trainers(result)}."
    if view.frozen:
        how = "Every patient is scored by a model that was trained without her site."
        if view is View.EXTERNAL:
            how = "Every patient is scored by the final model, frozen; no patient of her site trained any model."
        settings = result.study.harmonization
        if settings.method is not Method.NONE:
            way = _LEFT_OUT[settings.left_out_site].format(n=settings.own_patients)
            how += f" The site brings {way}."
    return how


def _view(result: Result, evaluation: ViewEvaluation, sites: Sequence[str]) -> dict[str, object]:
    pooled = evaluation.pooled
    positive, negative = against(result, evaluation)
    return {
        "title": TITLES[evaluation.view] + (f": {positive} against {negative}" if evaluation.target else ""),
        "positive": positive,
        "negative": negative,
        "precision_recall": precision_recall(pooled.precision_recall) if pooled.precision_recall else None,
        "how": _how(result, evaluation.view),
        "evaluation": evaluation,
        "forest": forest(evaluation, sites),
        "misread": label_noise.rows(evaluation.sites),
        "roc": roc(evaluation, sites) if pooled.roc else None,
        "legend": legend(sites, pooled=True),
        "calibration": calibration(pooled.calibration) if pooled.patients else None,
        "benefit": benefit(pooled.benefit) if pooled.benefit else None,
    }


def _harmonized(result: Result, sites: Sequence[str]) -> dict[str, object]:
    def before(feature: FeatureHarmonization) -> float:
        return -(feature.before.explained or 0.0)

    features = sorted(result.harmonized, key=before)
    return {
        "explained": explained(result.harmonized),
        "distributions": [distributions(feature, sites) for feature in features[:SHOWN_FEATURES]],
    }


def _dictionary(result: Result) -> list[Entry]:
    """What every feature is; nothing where sites brought tables whose columns are named in their own way."""
    if result.study.radiomics is None or result.model is None or result.model.harmonization is None:
        return []
    return describe(result.model.harmonization.features)


def _nomogram(model: FinalModel) -> dict[str, str] | None:
    """The model's score beside clinical variables where the study has them, else the features themselves."""
    combined = model.combined or model
    ranked = sorted(combined.coefficients, key=lambda coefficient: -abs(coefficient.value))
    drawn = [
        (coefficient.feature, coefficient.value, coefficient.mean, coefficient.sd)
        for coefficient in ranked
        if coefficient.value
    ]
    if not 0 < len(drawn) <= MOST_NOMOGRAM_VARIABLES or not LEARNERS[model.kind].kept_as_log_odds:
        return None
    points = of_standardized(combined.intercept, drawn)
    return {
        "picture": nomogram(points),
        "formula": points.formula(),
        "caption": _COMBINED
        if model.combined
        else "Harmonized features, drawn to two standard deviations about their mean.",
    }


def _trained(section: Model, model: FinalModel) -> str:
    """The model in words."""
    words = learner_of(section).words.format(**section.model_dump())
    if not isinstance(section, RidgeSettings):
        return words
    l1_ratio = section.l1_ratio if isinstance(section, ElasticNetSettings) else 0.0
    share = {0.0: "an L2 penalty", 1.0: "an L1 penalty (LASSO)"}.get(l1_ratio, "an elastic-net penalty")
    if isinf(section.inverse_strength):
        return f"{words} without a penalty"
    strength = f"C = {section.c:g}" if section.path_length == 1 else f"\u03bb = {model.penalty:.3g}"
    return f"{words} with {share} ({strength})"


_TRANSFORMS = {
    Transform.NONE: "",
    Transform.POWER: "Features transformed by powers (Yeo and Johnson). ",
    Transform.RANK: "Features as normal scores. ",
}
_MISSING = {
    Missing.LEAVE_OUT: "",
    Missing.IMPUTE: "Each feature by the patients who have it, and its training mean for the others. ",
}


def _method(result: Result) -> str:
    settings = result.study.harmonization
    if settings.method is Method.NONE:
        return "The study does not harmonize."
    batch = {"software": "scanner and its software"}.get(settings.batch, settings.batch)
    shrinkage = f"with{'' if settings.parametric else ' non-parametric'}" if settings.empirical_bayes else "without"
    name = {Method.COVBAT: "CovBat"}.get(settings.method, "ComBat") + (" of means only" if settings.mean_only else "")
    columns = [covariate.column for covariate in settings.covariates]
    kept = f"keeping the effect of {words.listed(columns)}" if columns else "without covariates"
    if settings.reference_site is not None:
        kept += f", towards {settings.reference_site}, which stays as it is"
    if settings.joined:
        kept += f", {words.listed(list(settings.joined))} each one batch at all sites"
    before = _TRANSFORMS[settings.transform] + _MISSING[settings.missing]
    return (
        f"{before}{name} by {batch}, {shrinkage} empirical Bayes, {kept}; fitted on training patients only, and "
    ) + (_ENDPOINT_KEPT if settings.keep_endpoint else "never given the endpoint.")


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _departures(result: Result) -> list[tuple[str, list[tuple[Departure, str]]]]:
    """What left, by exchange; without masks a masked quantity left in the clear."""
    ways = (
        _WAYS
        if result.study.privacy.masked
        else _WAYS | {Way.MASKED: "clear, masks off", Way.JOINED: "clear, masks off"}
    )
    return [
        (step, [(departure, ways[departure.way]) for departure in group])
        for step, group in groupby(result.departures, lambda departure: departure.step)
    ]


def _traffic(result: Result, sites: Sequence[str]) -> dict[str, object]:
    totals = {site: [0, 0] for site in sites}
    for exchange in result.exchanges:
        for traffic in exchange.traffic:
            totals[traffic.site][0] += traffic.bytes_up
            totals[traffic.site][1] += traffic.bytes_down
    return {
        "sites": [(site, up, down) for site, (up, down) in totals.items()],
        "exchanges": [
            (
                exchange.step,
                exchange.seconds,
                max((t.bytes_up for t in exchange.traffic), default=0),
                max((t.bytes_down for t in exchange.traffic), default=0),
                len(exchange.traffic),
            )
            for exchange in result.exchanges
        ],
        "seconds": sum(exchange.seconds for exchange in result.exchanges),
    }
