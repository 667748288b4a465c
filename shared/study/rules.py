"""What goes together in a study and what does not: rules over its sections, each with what to do instead."""

from collections.abc import Callable

from shared.models.registry import LEARNERS, learner_of
from shared.sections.federation import Dropout
from shared.sections.harmonization import Method, Missing, Transform
from shared.sections.maps import READS, MapName, VendorMapRequest
from shared.sections.model import LogisticSettings
from shared.sections.privacy import SiteSums
from shared.sections.question import HER2_STATUS, EndpointKind
from shared.sections.selection import AllFeatures, StabilitySelection
from shared.sections.sequence import Sequence
from shared.step import Step
from shared.study.study_sections import StudySections


def _something_is_evaluated(study: StudySections) -> None:
    if study.evaluation.leave_one_site_out and study.privacy.site_sums is not SiteSums.DERIVABLE:
        raise ValueError(
            "evaluation.leave_one_site_out lets the totals of each single site be concluded; declare "
            "privacy.site_sums: derivable, or set evaluation.leave_one_site_out: false"
        )
    if study.evaluation.leave_one_site_out and len(study.federation.sites) < 3:
        raise ValueError("evaluation.leave_one_site_out needs at least three sites in federation.sites")
    if study.evaluation.folds == 1:
        raise ValueError("evaluation.folds: 1 would leave everybody out; set 2 or more, or 0 for none")
    if not study.evaluation.leave_one_site_out and study.evaluation.folds < 2:
        raise ValueError("evaluation.folds is under 2 and no site is left out: nothing is evaluated; set 2 or more")


def _model_takes_the_endpoint(study: StudySections) -> None:
    learner = learner_of(study.model)
    endpoint = study.question.endpoint.kind
    if endpoint not in learner.kinds:
        fitting = sorted(kind for kind, other in LEARNERS.items() if endpoint in other.kinds)
        raise ValueError(
            f"question.endpoint is {endpoint}, which model.kind: {study.model.kind} does not "
            f"take; set model.kind to {' or '.join(fitting)}"
        )
    if isinstance(study.selection, StabilitySelection):
        if study.question.endpoint.kind is EndpointKind.MULTICLASS:
            raise ValueError("selection.method: stability takes two classes, or ordered ones; choose another method")
        if study.evaluation.inner_folds < 4:
            raise ValueError(
                "selection.method: stability makes half-samples of evaluation.inner_folds; set these to 4 or more"
            )
    if learner.step is Step.ENSEMBLE and study.privacy.site_sums is not SiteSums.DERIVABLE:
        raise ValueError(
            f"model.kind: {study.model.kind} lets all read the trees of each single site; declare "
            "privacy.site_sums: derivable, or take kind: boosting, which adds up"
        )
    if learner.step is Step.ENSEMBLE and study.federation.dishonest:
        raise ValueError(f"model.kind: {study.model.kind} adds nothing up; set federation.dishonest: 0")


def _images_are_named(study: StudySections) -> None:
    if study.imaging is None and (study.maps or study.radiomics):
        raise ValueError("maps and radiomics need an imaging section that names the sequences")
    if study.imaging is not None and study.radiomics is None and study.network is None:
        raise ValueError("imaging without radiomics gives no features; add a radiomics section")
    if study.imaging is not None:
        computed = {request.name for request in study.maps}
        if study.imaging.tumour == "functional" and MapName.FUNCTIONAL_TUMOUR_VOLUME not in computed:
            raise ValueError("imaging.tumour: functional needs the map functional_tumour_volume; add it to maps")
        absent = {one.value for one in Sequence} - {one.value for one in study.imaging.sequences}
        for request in study.maps:
            if isinstance(request, VendorMapRequest) and request.quantity.value in absent:
                raise ValueError(f"maps takes the scanner's {request.quantity}; add it to imaging.sequences")
            if not set(READS[request.name]) & set(study.imaging.sequences):
                readable = " or ".join(READS[request.name])
                raise ValueError(f"maps: {request.name} reads {readable}; add it to imaging.sequences")


def _sites_are_enough(study: StudySections) -> None:
    if len(set(study.federation.sites)) != len(study.federation.sites):
        raise ValueError("federation.sites names a site twice")
    if study.federation.quorum > len(study.federation.sites):
        raise ValueError("federation.quorum is larger than the number of federation.sites")
    if study.federation.dropout is Dropout.CONTINUE and not study.privacy.masked:
        raise ValueError("federation.dropout: continue is a protocol of masks; set privacy.masked: true")


def _label_stays_out(study: StudySections) -> None:
    for one in study.comparators.clinical:
        if any(other.column == one.column and other != one for other in study.harmonization.covariates):
            raise ValueError(f"comparators.clinical: {one.column} is described otherwise than in harmonization")
    _named_once("comparators.clinical", [one.column for one in study.comparators.clinical])
    _named_once("harmonization.covariates", [one.column for one in study.harmonization.covariates])
    label = {study.question.endpoint.column, HER2_STATUS}
    if label & {one.column for one in study.comparators.clinical}:
        raise ValueError(
            "comparators.clinical contains the endpoint, which would then predict itself; leave it out, with all of "
            "which it is made"
        )
    covariates = {covariate.column for covariate in study.harmonization.covariates}
    if study.harmonization.method is not Method.NONE and covariates & label:
        raise ValueError(
            "harmonization.covariates contains the endpoint: the label would leak into the features, "
            "and is unknown for a new patient; remove it, or set harmonization.keep_endpoint: true"
        )


def _named_once(where: str, columns: list[str]) -> None:
    if twice := [one for place, one in enumerate(columns) if one in columns[:place]]:
        raise ValueError(f"{where} names {twice[0]} twice; leave one out")


def _external_sites_are_whole(study: StudySections) -> None:
    """A site that trains nothing has no say in anything that is learned before, or is not tested alone."""
    external = study.evaluation.external_sites
    if not external:
        return
    if unknown := [one for one in external if one not in study.federation.sites]:
        raise ValueError(f"evaluation.external_sites: {unknown[0]} is none of federation.sites")
    least = 3 if study.evaluation.leave_one_site_out else 2
    if len(study.federation.sites) - len(set(external)) < least:
        raise ValueError(f"evaluation.external_sites leaves fewer than {least} sites to train; name fewer")
    if study.privacy.site_sums is not SiteSums.DERIVABLE:
        raise ValueError(
            "evaluation.external_sites lets the totals of these sites be concluded; declare privacy.site_sums: "
            "derivable, or name none"
        )
    if (reference := study.harmonization.reference_site) in external:
        raise ValueError(
            f"harmonization.reference_site: {reference} trains nothing (evaluation.external_sites), and would have a "
            "say in the features of all; name a site that trains"
        )


def _probe_is_declared(study: StudySections) -> None:
    if study.harmonization.probe is None:
        return
    if study.privacy.site_sums is not SiteSums.DERIVABLE or study.evaluation.folds < 2:
        raise ValueError(
            "harmonization.probe asks classifiers for the site in the folds of the evaluation, which decodes sums "
            "of each single site; declare privacy.site_sums: derivable and evaluation.folds: 2 or more, or leave "
            "it out"
        )
    if study.harmonization.probe.deals < study.evaluation.folds:
        raise ValueError("harmonization.probe.deals is less than evaluation.folds; ask for at least as many deals")
    if study.federation.dropout is Dropout.CONTINUE:
        raise ValueError("harmonization.probe deals labels to a fixed set of sites; set federation.dropout: wait")


def _dishonest_can_be_told(study: StudySections) -> None:
    wrong = study.federation.dishonest
    if not wrong:
        return
    if study.privacy.masked or study.privacy.site_sums is not SiteSums.DERIVABLE:
        raise ValueError(
            "federation.dishonest compares the sums of single sites, which masks hide; declare privacy.masked: "
            "false and privacy.site_sums: derivable, which each site has to accept, or set it to 0"
        )
    if study.evaluation.leave_one_site_out:
        raise ValueError("federation.dishonest compares whole sites, of which leave_one_site_out lacks one in turn")
    least = 2 * wrong + 3 + len(study.evaluation.external_sites)
    if study.federation.quorum < least:
        raise ValueError(
            f"federation.dishonest: {wrong} needs a quorum of {least} sites or more, external ones counted"
        )


def _plain_logistic(study: StudySections) -> bool:
    model = study.model
    return isinstance(model, LogisticSettings) and model == LogisticSettings(c=model.c)


def _noise_is_whole(study: StudySections) -> None:
    """Whatever would leave without noise is not part of a study with noise."""
    if study.privacy.noise is None:
        return
    unfit = {
        "evaluation.external_sites": bool(study.evaluation.external_sites),
        "evaluation.leave_one_site_out: true": study.evaluation.leave_one_site_out,
        "privacy.site_sums: derivable": study.privacy.site_sums is SiteSums.DERIVABLE,
        "privacy.masked: false": not study.privacy.masked,
        "harmonization": study.harmonization.method is not Method.NONE or bool(study.harmonization.covariates),
        "harmonization.transform, missing: impute or probe": study.harmonization.transform is not Transform.NONE
        or study.harmonization.missing is Missing.IMPUTE
        or study.harmonization.probe is not None,
        "federation.dropout: continue": study.federation.dropout is Dropout.CONTINUE,
        "what sites learn together before": bool(study.standardized) or study.habitats is not None,
        "network": study.network is not None,
        "model other than logistic with model.c": not _plain_logistic(study),
        "selection": study.selection != AllFeatures(),
        "stability": study.stability is not None,
        "comparators.clinical or volume": bool(study.comparators.clinical or study.comparators.volume),
        "evaluation.repeats": study.evaluation.repeats > 1,
        "fewer than three sites": len(study.federation.sites) < 3 or study.federation.quorum < 3,
    }
    if found := [name for name, there in unfit.items() if there]:
        raise ValueError(
            f"privacy.noise bounds nothing together with {', '.join(found)}: that would leave without noise, or "
            "cost more than it gives (docs/decisions/0019-noise-in-the-usual-schedule.md); leave it out, and name "
            "the model's features in privacy.noise.ranges"
        )


def _number_is_predicted(study: StudySections) -> None:
    """Whatever needs classes is no part of a study whose endpoint is a number."""
    if not study.question.endpoint.continuous:
        return
    unfit = {
        "harmonization.keep_endpoint: true, which keeps the effect of classes": study.harmonization.keep_endpoint,
        "privacy.noise, whose model is logistic": study.privacy.noise is not None,
    }
    if found := [name for name, there in unfit.items() if there]:
        raise ValueError(f"question.endpoint is continuous, which does not go together with {'; '.join(found)}")


def _shuffles_are_blind(study: StudySections) -> None:
    if not study.evaluation.permutations:
        return
    unfit = {
        "harmonization.keep_endpoint: true, whose features carry the labels": study.harmonization.keep_endpoint,
        "network, which would be trained anew each time": study.network is not None,
        "privacy.noise, which answers nothing else": study.privacy.noise is not None,
        "evaluation.folds: 0": study.evaluation.folds < 2,
    }
    if found := [name for name, there in unfit.items() if there]:
        raise ValueError(f"evaluation.permutations does not go together with {', '.join(found)}; leave one out")


def _network_fits(study: StudySections) -> None:
    if study.network is None:
        return
    if study.federation.dropout is not Dropout.WAIT:
        raise ValueError(
            "federation.dropout: continue would leave the weights of a network's mean without a site; a study with "
            "a network waits"
        )
    if study.question.endpoint.kind is not EndpointKind.BINARY:
        raise ValueError("network tells two classes apart; name two in question.endpoint")
    unfit = {
        "harmonization.method: other than none": study.harmonization.method is not Method.NONE,
        "harmonization.transform or probe": study.harmonization.transform is not Transform.NONE
        or study.harmonization.probe is not None,
        "radiomics (or name some of them in network.architecture.features)": study.radiomics is not None
        and not study.network.architecture.features,
        "radiomics.habitats": study.habitats is not None,
        "harmonization.missing: impute": study.harmonization.missing is Missing.IMPUTE,
        "stability": study.stability is not None,
        "model": study.model != LogisticSettings(),
        "comparators.clinical or volume": bool(study.comparators.clinical or study.comparators.volume),
        "federation.dishonest (strategy: median, trimmed_mean or krum is what a network has)": bool(
            study.federation.dishonest
        ),
    }
    if found := [name for name, there in unfit.items() if there]:
        raise ValueError(f"network is trained instead of a model on features; leave out {', '.join(found)}")
    if study.network.architecture.features and study.imaging is not None and study.radiomics is None:
        raise ValueError("network.architecture.features joins radiomics; add a radiomics section")
    declared = {one.column for one in study.harmonization.covariates if one.kind != "categorical"}
    for variable in study.network.architecture.variables:
        if variable not in declared:
            raise ValueError(
                f"network.architecture.variables names {variable}; declare it in harmonization.covariates as "
                "continuous, so that sites look for it"
            )
    if study.imaging is not None:
        offered = {one.value for one in study.imaging.images}
        quantities = [channel for channel in study.network.input.channels if channel not in offered]
        if quantities and not study.maps:
            raise ValueError(
                f"network.input.channels names {quantities[0]}, which is none of imaging.images and no map"
            )


def _reference_is_declared(study: StudySections) -> None:
    site, section = study.harmonization.reference_site, study.harmonization
    if site is None:
        return
    if site not in study.federation.sites:
        raise ValueError(f"harmonization.reference_site: {site} is none of federation.sites")
    if section.method is Method.NONE or section.batch != "site":
        raise ValueError("harmonization.reference_site needs method: combat and batch: site")
    if study.privacy.site_sums is not SiteSums.DERIVABLE:
        raise ValueError(
            "harmonization.reference_site decodes the totals of that site alone; declare privacy.site_sums: "
            "derivable, or name no reference"
        )


RULES: tuple[Callable[[StudySections], None], ...] = (
    _something_is_evaluated,
    _external_sites_are_whole,
    _model_takes_the_endpoint,
    _images_are_named,
    _sites_are_enough,
    _noise_is_whole,
    _dishonest_can_be_told,
    _reference_is_declared,
    _probe_is_declared,
    _network_fits,
    _shuffles_are_blind,
    _number_is_predicted,
    _label_stays_out,
)
"""In the order in which a study is held against them; each raises ValueError with one sentence."""
