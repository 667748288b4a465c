"""A study in plain words, for the person who approves it: what is computed, what leaves, what can be concluded."""

from collections.abc import Iterator
from dataclasses import dataclass

from client.approval import network_text
from harmonization.joint import FEWEST_SITES
from shared.arrays import Array
from shared.contract.exchange import Exchange
from shared.contract.foreseen import Foreseen
from shared.contract.quantity import Way
from shared.contract.registry import exchange_of
from shared.contract.schedule import schedule
from shared.contract.words import READ_BY, numbers, size
from shared.federation import dropout, identity
from shared.federation.roster import Roster
from shared.models.registry import learner_of
from shared.privacy.disclosure_rules import patients_isolated, sites_isolated
from shared.privacy.policy import model_sentence, sentence
from shared.sections.federation import Dropout
from shared.sections.harmonization import Harmonization, Method, Missing, Transform
from shared.sections.model import TreeSettings
from shared.sections.privacy import SiteSums
from shared.sections.question import Endpoint
from shared.step import Step
from shared.study.diff import changes
from shared.study.permutation_plan import decoded_sums
from shared.study.study import Study
from shared.study.study_sections import Purpose

_LOST = {
    SiteSums.HIDDEN: "Sites may be lost in the first exchange of sums, and the others go on without them: nothing that "
    "such a site has a part in is ever decoded. Later exchanges wait for a lost site.",
    SiteSums.DERIVABLE: "Sites may be lost in every exchange of sums, and the others go on without them: sums before "
    "and after differ by the lost site, so that what this site adds to any fold or fit could be concluded then.",
}
_METHODS = {Method.COMBAT: "ComBat", Method.COVBAT: "CovBat: ComBat, and then the covariance of the features"}


@dataclass(frozen=True)
class Leaving:
    """One thing that leaves.

    Parameters
    ----------
    step : in which exchange, and how often at most
    purpose : what the exchange is for
    what : in words
    size : how many numbers an answer has of it at most, and of what
    numbers : the same in all answers together; None where nobody can know before images are prepared, 0 of words
    how : who can read it
    """

    step: str
    purpose: str
    what: str
    size: str
    numbers: int | None
    how: str


def computed(study: Study) -> list[str]:
    """What the study will compute, a sentence a step."""
    endpoint = study.question.endpoint
    classes = " against ".join(one.name for one in endpoint.classes) or _number(endpoint)
    said = [
        f"{study.title} (version {study.version}). Ethics: {study.governance.ethics}. Data use: "
        f"{study.governance.data_use}, until {study.governance.expires}.",
        f"It predicts {endpoint.column}: {classes}, for {study.question.patients} patients.",
    ]
    if endpoint.continuous:
        said.append(
            "Patients beyond that range are left out. Sums over all sites of the number, of its square and of its "
            "products with each feature are decoded in every fold."
        )
    if study.purpose is Purpose.FEASIBILITY:
        return [*said, "It only asks what this site could bring: counts of patients, sequences and protocols."]
    what = "features" if study.network is None else "images"
    if study.imaging is None:
        said.append(f"Its {what} are those of the site's ready table.")
    else:
        sequences = ", ".join(study.imaging.sequences)
        said.append(f"Its {what} are prepared here, from {sequences}; images and maps stay here.")
    if study.harmonization.method is not Method.NONE:
        kept = ", ".join(one.column for one in study.harmonization.covariates)
        beside = f" Differences that come from {kept} are kept." if kept else ""
        batch = {"software": "scanner and its software"}.get(study.harmonization.batch, study.harmonization.batch)
        said.append(
            f"What the {batch} does to the features is taken out of them ({_METHODS[study.harmonization.method]})."
            f"{beside} What is found out about this site's own scanners stays here."
        )
        said += _particulars(study.harmonization)
    if study.privacy.noise is not None:
        named = ", ".join(one.feature for one in study.privacy.noise.ranges)
        return [
            *said,
            f"A logistic model of {named} is made of sums, and judged by counts, to which every site adds noise.",
        ]
    if study.network is not None:
        said += network_text.computed(study.network)
    else:
        words = learner_of(study.model).words.format(**study.model.model_dump())
        said.append(f"Trained on what all sites have in common: {words[0].lower() + words[1:]}.")
    judged = []
    if study.evaluation.folds:
        judged.append(f"in {study.evaluation.folds} folds")
    if study.evaluation.leave_one_site_out:
        judged.append("on each site by a model that never saw it")
    if external := study.evaluation.external_sites:
        judged.append(f"at {' and '.join(external)}, which train nothing")
    said.append(f"It is evaluated {' and '.join(judged)}.")
    if times := study.evaluation.permutations:
        said.append(
            f"{times} times the labels are shuffled within this site and all is learned anew to see what chance gives: "
            f"{decoded_sums(study)} sums over groups that chance draws are decoded; this site refuses where these are "
            "nearly as many as the patients, and of boosted trees where they would tell in which range of a feature a "
            "patient lies."
        )
    return said


def _number(endpoint: Endpoint) -> str:
    """A continuous endpoint and its range."""
    low, high = endpoint.middle - endpoint.half_range, endpoint.middle + endpoint.half_range
    unit = f" {endpoint.unit}" if endpoint.unit else ""
    return f"a number from {low:g} to {high:g}{unit}"


def _particulars(section: Harmonization) -> Iterator[str]:
    """What harmonization does beside, where the study asks for it."""
    if section.transform is not Transform.NONE:
        how = "by powers" if section.transform is Transform.POWER else "by ranks"
        yield f"Before that features are transformed {how}, chosen from sums over all sites."
    if section.missing is Missing.IMPUTE:
        yield (
            "Patients who lack features stay where enough others here lack the same; the model then takes the mean. "
            "How many lack each feature, and sums of the covariates of those who have it, are decoded over all sites."
        )
    if section.probe is not None:
        yield (
            "Classifiers guess the site from the features: sums of each single site, and how many of its patients lie "
            f"on either side of thresholds, are decoded. {section.probe.deals} times chance deals the labels of the "
            "sites to all patients, and sums of those with a label are decoded; this site refuses where these are "
            "nearly as many as the patients."
        )
    if section.joined:
        yield (
            f"Patients of {', '.join(section.joined)} are harmonized together with those of the same scanner at other "
            f"sites, at least {FEWEST_SITES}: the sums over such a scanner's patients are decoded for each fit."
        )


def exchanges(study: Study) -> int:
    """How often this site is asked at most; an exchange in which sites may be lost takes three questions."""
    return schedule(study).longest + 2 * dropout.times(study)


def leaves(study: Study, foreseen: Foreseen | None = None) -> Iterator[Leaving]:
    """Everything that leaves, in the order of the exchanges; the contract lets nothing else out.

    Parameters
    ----------
    study : the study
    foreseen : what is known of its size at this site; None for what the study file tells
    """
    known = Foreseen(study) if foreseen is None else foreseen
    for phase in schedule(study).phases:
        yield from _of_exchange(exchange_of(phase.step), phase.at_most if phase.numbered else None, known)
    if losing := dropout.times(study):
        for part in (Step.AGREE, Step.DISCLOSE):
            yield from _of_exchange(exchange_of(part), losing, known)


def _of_exchange(exchange: Exchange, at_most: int | None, known: Foreseen) -> Iterator[Leaving]:
    name = str(exchange.step) if at_most is None else f"{exchange.step} (up to {at_most} times)"
    for text in exchange.texts:
        yield Leaving(name, exchange.purpose, text.words, "words", 0, READ_BY[Way.CLEAR])
    for quantity in known.leaving(exchange):
        one = numbers(quantity, known)
        of_all = None if one is None else one * (at_most or 1)
        how = READ_BY[Way.CLEAR if quantity.way.summed and not known.study.privacy.masked else quantity.way]
        yield Leaving(name, exchange.purpose, quantity.words, size(quantity, known), of_all, how)


def concluded(study: Study, site: str, own: Array | None) -> list[str]:
    """What can be concluded from all that the study decodes.

    Parameters
    ----------
    study : the study
    site : this site's name
    own : (folds, classes, calibration) this site's patients; None where not yet known
    """
    if study.purpose is Purpose.FEASIBILITY:
        least = study.privacy.minimum_patients
        return [f"Counts of this site that reach {least}, and nothing of fewer patients; no totals are decoded."]
    if study.privacy.noise is not None:
        noise = study.privacy.noise
        return [
            f"Whatever is combined: one patient more or less changes what anybody can conclude by a factor of "
            f"e^{noise.epsilon:g} at most, but for a probability of {noise.delta:g} (differential privacy), as long as "
            "no two sites tell the coordinator their noise. That a site takes part says that it has enough patients.",
            *(
                []
                if own is None
                else [f"This site brings {int(own.sum())} patients; their number leaves with noise only."]
            ),
        ]
    sites = sites_isolated(study)
    said = []
    if study.privacy.site_sums is SiteSums.DERIVABLE:
        said.append(
            "The sums of each single site can be concluded, since the study leaves every site out once: the sum "
            f"over all less the sum without {site} is {site}'s. To accept this, write: {sentence(site)}"
        )
    if (model := model_sentence(study, site)) is not None:
        leaf = ""
        if isinstance(study.model, TreeSettings):
            leaf = f"; a leaf is about at least {study.model.least_patients} patients"
        said.append(f"Of its model ({study.model.kind}): {model}{leaf}. To accept this, write: {model}")
    if study.privacy.site_sums is not SiteSums.DERIVABLE and sites > 1:
        said.append(
            f"Every combination of the totals involves at least {sites} sites. If the coordinator and {sites - 1} of "
            "them shared all they know, the sums of the one that is left could be concluded."
        )
    if study.federation.dropout is Dropout.CONTINUE:
        said.append(_LOST[study.privacy.site_sums])
    if own is None:
        said.append("How many patients this site brings is not known yet: prepare the study, then look again.")
    else:
        patients, group = patients_isolated(study, site, own)
        said.append(f"The smallest group of this site's patients that totals tell apart: {group}, {patients} of them.")
    said.append(
        "Numbers of patients, and this site's own measures of the model (AUC, calibration), are readable by the "
        f"coordinator where they are about at least {study.privacy.minimum_patients} patients of each class."
    )
    if study.network is not None:
        said.append(network_text.concluded(study.network, study.privacy.site_sums))
    else:
        said.append(
            "Where a model has about as many coefficients as patients of all sites together, the totals of its "
            "training give every patient's features away. This site then refuses to train "
            "(policy.patients_per_coefficient)."
        )
    said.append(
        "Totals over few patients may say more than they seem to: the ranges of the pooled histograms may hold a "
        "single patient, of an unnamed site. Masks hide sites, not what totals imply."
    )
    return said


def members(roster: Roster) -> list[tuple[str, str]]:
    """Who takes part, and the fingerprint to compare with each by telephone; the coordinator first."""
    return [
        ("coordinator", identity.fingerprint(roster.coordinator)),
        *((one.site, identity.fingerprint(one.identity)) for one in roster.members),
    ]


def difference(before: Study | None, after: Study) -> list[str]:
    """What has changed since the version that this site approved last, a setting a line."""
    if before is None:
        return ["This site has approved no version of this study before."]
    if before == after:
        return ["This very version was approved here before."]
    return changes(before, after)
