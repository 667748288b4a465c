"""The model card: what software can fill in of TRIPOD+AI and CLEAR; the rest is left to the authors.

Items are numbered as in TRIPOD+AI (Collins et al., BMJ 385 (2024) e078378). No score is given.
"""

from collections.abc import Iterator

from server.report import words
from server.report.findings import findings
from shared.results.bundle import REACH_SD
from shared.results.empty_model import WORDS, features_used, is_empty
from shared.results.result import Result
from shared.sections.network import Mlp

AUTHOR = "*author to complete*"
_REACH = f"patients beyond {REACH_SD:g} standard deviations of the training patients in a feature are refused"


def card(result: Result) -> str:
    """Markdown of a model's card; equal results give equal text."""
    study = result.study
    lines = [f"# {study.title}", "", f"**{result.notice}**", ""]
    if is_empty(result.model):
        lines += [f"**{WORDS}.**", ""]
    lines += [
        f"Study `{study.name}`, version {study.version}, digest `{result.study_digest}`; "
        f"result `{words.digest(result.fingerprint)}`.",
        "",
        "| TRIPOD+AI | item | in this study |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {number} | {item} | {text} |" for number, item, text in _items(result)]
    return "\n".join(lines) + "\n"


def _items(result: Result) -> Iterator[tuple[str, str, str]]:
    study, endpoint = result.study, result.study.question.endpoint
    classes = " against ".join(category.name for category in endpoint.classes) or "a number"
    patients = sum(participant.patients for participant in result.participants)
    yield "1", "title", study.title
    yield "2", "abstract", AUTHOR
    yield "3", "background, intended use, health inequalities", AUTHOR
    yield "4", "objectives", f"predicts {endpoint.column}: {classes}"
    yield "5", "data", f"{study.governance.data_use}; dates: {AUTHOR}"
    yield "6", "participants", f"{len(result.participants)} sites; eligibility and treatments: {AUTHOR}"
    yield "7", "data preparation", _preparation(result)
    yield "8", "outcome", f"{endpoint.column}; how it was read at each site: {AUTHOR}"
    yield "9", "predictors", _predictors(result)
    yield "10", "sample size", f"{patients} patients; justification: {AUTHOR}"
    yield "11", "missing data", _exclusions(result)
    yield "12", "analytical methods", _methods(result)
    balance = f"no resampling; classes at the sites: {_classes(result)}" if endpoint.classes else "has no classes"
    yield "13", "class imbalance", balance
    yield "14", "fairness", f"by site below; other groups: {AUTHOR}"
    yield "15", "model output", _output(result)
    yield "16", "training against evaluation", _evaluated(result)
    yield "17", "ethics", study.governance.ethics
    yield "18a", "funding, conflicts", AUTHOR
    yield "18c", "protocol", _protocol(result)
    yield "18e", "data sharing", "no patient's data left a site"
    yield (
        "18f",
        "code sharing",
        ", ".join(f"{package.name} {package.version}" for package in result.provenance.software),
    )
    yield "19", "patient and public involvement", AUTHOR
    external = dict.fromkeys(study.evaluation.external_sites, " (external: trained nothing)")
    sites = (
        f"{participant.site} {participant.patients}{external.get(participant.site, '')}"
        for participant in result.participants
    )
    yield "20", "participants", "; ".join(sites)
    yield "21", "model development", _training(result)
    yield "22", "model specification", _specification(result)
    yield "23", "model performance", " ".join(findings(result))
    yield "24", "model updating", "locally, by mrfed-site predict, where a hospital has labels of its own"
    yield "25", "interpretation", AUTHOR
    yield "26", "limitations", "; ".join((*result.deviations, AUTHOR))
    yield "27", "usability in the context of care", "research use only; not a medical device"


def _preparation(result: Result) -> str:
    imaging = result.study.imaging
    settings = ", ".join(sorted({f"`{words.digest(participant.settings)}`" for participant in result.participants}))
    if imaging is None:
        return f"ready feature tables; settings {settings}"
    steps = ", ".join(step.step for step in imaging.steps) or "none"
    maps = ", ".join(str(quantitative_map.name) for quantitative_map in result.study.maps) or "none"
    return f"sequences {', '.join(imaging.sequences)}; steps {steps}; maps {maps}; settings {settings}"


def _exclusions(result: Result) -> str:
    least = result.study.privacy.minimum_patients
    exclusions = [
        f"{participant.site}: {exclusion.reason} {words.count(exclusion.patients, least)}"
        for participant in result.participants
        for exclusion in participant.exclusions
    ]
    return "; ".join(exclusions) or "none left out"


def _methods(result: Result) -> str:
    study = result.study
    if study.network is not None:
        form, strategy = study.network.architecture, study.network.strategy
        norm = "" if isinstance(form, Mlp) else f" with {form.norm} norm"
        return f"network: {form.name}{norm}; strategy: {strategy.name}; trained anew in each fit"
    section = study.harmonization
    kept = ", ".join(covariate.column for covariate in section.covariates) or "no covariate"
    return (
        f"harmonization: {section.method} by {section.batch}, keeping {kept}; selection: "
        f"{study.selection.method}; model: {study.model.kind}; all inside the training patients of each fit"
    )


def _predictors(result: Result) -> str:
    if result.model is None:
        assert result.study.network is not None
        seen = result.study.network.input
        return f"{seen.dimensions} crops of the lesion: {', '.join(seen.channels)}"
    return f"{result.model.offered} offered, {features_used(result.model)} in the model"


def _specification(result: Result) -> str:
    if result.model is None:
        return "`network.pt`: TorchScript; `network.npz`: its weights"
    return f"`model.json`: intercept, coefficients, harmonization; {_REACH}"


def _classes(result: Result) -> str:
    return "; ".join(
        f"{participant.site} {' / '.join(map(words.count_if_told, participant.classes))}"
        for participant in result.participants
    )


def _output(result: Result) -> str:
    if (endpoint := result.study.question.endpoint).continuous:
        behind = f" in {endpoint.unit}" if endpoint.unit else ""
        return f"a value of {endpoint.column}{behind}, with the limits of agreement of sites that it had not seen"
    return (
        "a rank among a hospital's own patients; a risk after recalibration on labels of that hospital"
        if result.model is not None and result.model.harmonization is not None
        else "a score"
    )


def _evaluated(result: Result) -> str:
    ways = [evaluation.view.value for evaluation in (result.evaluations or result.residuals)]
    return f"{words.listed(ways)}; seed {result.study.evaluation.seed}" if ways else "not evaluated"


def _protocol(result: Result) -> str:
    if result.locked is None:
        return "not locked before the study"
    return f"locked on {result.locked.on}, digest `{result.locked.digest}`"


def _training(result: Result) -> str:
    if result.model is None:
        assert result.network is not None
        return f"{result.network.fits} fits together in {len(result.network.rounds)} rounds"
    training = result.model.training
    ended = "converged" if training.converged else "NOT CONVERGED"
    return f"{training.fits} fits together in {training.iterations} exchanges, {ended}"
