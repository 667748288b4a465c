"""The first screen of an approval: what a person needs to decide, on 80 columns and 24 lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from client.approval import text
from client.approval.text import Leaving
from shared.arrays import Array
from shared.contract.quantity import Way
from shared.contract.words import READ_BY
from shared.federation.roster import Roster
from shared.models.registry import learner_of
from shared.privacy.disclosure_rules import patients_isolated
from shared.privacy.policy import Policy
from shared.sections.privacy import SiteSums
from shared.study.kind import Kind, kind_of
from shared.study.study import Study

WIDTH, LINES = 80, 24
_INDENT = 13
_MOST_NAMES = 4


@dataclass(frozen=True)
class Asking:
    """What is asked of a site, and how it stands here.

    Parameters
    ----------
    study, roster : what is to be approved
    site : this site's name
    policy : its policy
    leaving : everything that leaves (`client.approval.text.leaves`)
    own : (folds, inner, classes, calibration) this site's patients; None where not yet known
    changes : what has changed since this site approved it last, a setting a line
    against : what the site's policy has against it
    """

    study: Study
    roster: Roster
    site: str
    policy: Policy
    leaving: Sequence[Leaving]
    own: Array | None
    changes: Sequence[str]
    against: Sequence[str]


def first_screen(asking: Asking) -> list[str]:
    """Lines of the screen."""
    study = asking.study
    lines = [f"{study.title} ({study.name}, version {study.version})"[:WIDTH], ""]
    for heading, sentence in (
        ("Asks", _question(study)),
        ("With", _partners(asking.roster)),
        ("Leaves", _leaving(asking)),
        ("Stays here", "images, masks, tables, every single patient's row, and all identifiers"),
        ("Concluded", _concluded(asking)),
        ("Changed", asking.changes[0] if len(asking.changes) == 1 else f"{len(asking.changes)} settings, listed below"),
        ("Policy", _policy(asking.against)),
    ):
        first, *others = wrap(sentence, WIDTH - _INDENT)
        lines += [f"{heading:<{_INDENT}}{first}", *(f"{'':<{_INDENT}}{line}" for line in others)]
    return lines


def _question(study: Study) -> str:
    endpoint = study.question.endpoint
    classes = " against ".join(one.name for one in endpoint.classes) or "a number"
    match kind_of(study):
        case Kind.SURVEY:
            how = "nothing is learned: it only counts what this hospital could bring"
        case Kind.NOISY:
            how = "a logistic model, from sums to which every hospital adds noise"
        case Kind.NETWORK:
            assert study.network is not None
            how = f"a network on images ({study.network.architecture.name}), trained here in rounds"
        case Kind.FEATURES:
            words = learner_of(study.model).words.format(**study.model.model_dump())
            how = f"{words[0].lower()}{words[1:]}, on features"
    return f"{endpoint.column}: {classes}; {how}. Data use until {study.governance.expires}."


def _partners(roster: Roster) -> str:
    names = [member.site for member in roster.members]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"{len(names)} hospitals ({', '.join(names[:_MOST_NAMES])}{more}) and the coordinator. Compare fingerprints."


def _leaving(asking: Asking) -> str:
    answers = text.exchanges(asking.study)
    parts = []
    for how, words in (
        (READ_BY[Way.MASKED], "that only count in the sum over all hospitals"),
        (READ_BY[Way.JOINED], "of this hospital's own models that all can read"),
        (READ_BY[Way.CLEAR], "that the coordinator reads"),
    ):
        sizes = [one.numbers for one in asking.leaving if one.how == how and one.size != "words"]
        if not sizes:
            continue
        known = sum(size for size in sizes if size is not None)
        unknown = (
            "by features that are not prepared yet" if asking.own is None else "by reason that patients are left out"
        )
        open_ended = f", and some {unknown}," if None in sizes else ""
        parts.append(f"{known:,} numbers{open_ended} {words}")
    names = "names of features and of scanners, versions of the program"
    return f"at most, in up to {answers} answers together: {'; '.join(parts) or 'no numbers'}; and words ({names})."


def _concluded(asking: Asking) -> str:
    study = asking.study
    match kind_of(study):
        case Kind.SURVEY:
            return f"counts of at least {study.privacy.minimum_patients} patients of this hospital, and nothing else."
        case Kind.NOISY:
            assert study.privacy.noise is not None
            return f"little about any single patient: noise bounds it (epsilon {study.privacy.noise.epsilon:g})."
        case _:
            pass
    if study.privacy.site_sums is SiteSums.DERIVABLE:
        alone = "THE SUMS OF THIS HOSPITAL ALONE can be concluded"
    else:
        alone = "sums of this hospital alone stay hidden in those of all"
    if asking.own is None:
        return f"{alone}; how many patients they are about is known once the study is prepared."
    patients, group = patients_isolated(study, asking.site, asking.own)
    return (
        f"{alone}. The smallest group of patients here that sums tell apart: {group}, {patients} of them; the policy "
        f"asks for at least {asking.policy.minimum_patients}."
    )


def _policy(against: Sequence[str]) -> str:
    if not against:
        return "nothing in this hospital's policy stands against it."
    more = f" (and {len(against) - 1} more, below)" if len(against) > 1 else ""
    return f"AGAINST IT: {against[0]}{more}."
