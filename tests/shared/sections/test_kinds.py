"""A section of one kind refuses what only other kinds read, made in Python as in a study file."""

from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from shared.sections.kinds import SectionOfKind
from shared.sections.model import SETTINGS, LogisticSettings, NewtonSettings
from shared.sections.network import FORMS, STRATEGIES, FedAvg
from shared.sections.selection import METHODS

FAMILIES: tuple[Mapping[str, type[SectionOfKind]], ...] = (SETTINGS, METHODS, FORMS, STRATEGIES)
FOREIGN = sorted(
    (own.__name__, kind, name, family)
    for family, sections in enumerate(FAMILIES)
    for kind, own in sections.items()
    for name in {name for section in sections.values() for name in section.model_fields} - set(own.model_fields)
)


def message(section: type[SectionOfKind], **settings: object) -> str:
    with pytest.raises(ValidationError) as caught:
        section(**settings)
    [fault] = caught.value.errors()
    assert fault["loc"] == (list(settings)[-1],)
    return fault["msg"]


@pytest.mark.parametrize(("kind", "name", "family"), [case[1:] for case in FOREIGN])
def test_a_setting_of_another_kind_is_refused_with_the_kinds_that_read_it(kind: str, name: str, family: int) -> None:
    sections = FAMILIES[family]
    own = sections[kind]
    readers = ", ".join(sorted(other for other, section in sections.items() if name in section.model_fields))
    said = message(own, **{own.tag: kind, name: 1})
    assert said == f"{name} is of {own.tag}: {readers}, and {own.tag}: {kind} does not read it; remove it"


def test_the_kind_may_go_unsaid() -> None:
    assert message(LogisticSettings, trees=500) == (
        "trees is of kind: boosting, forest, xgboost, and kind: logistic does not read it; remove it"
    )
    assert message(FedAvg, mu=0.1) == "mu is of name: fedprox, and name: fedavg does not read it; remove it"
    assert "kind: multinomial or ordinal or svm does not read it" in message(NewtonSettings, trees=5)


def test_what_no_kind_reads_is_misspelt() -> None:
    assert message(LogisticSettings, tree=5) == "Extra inputs are not permitted"


def test_every_default_kind_is_made_without_a_word() -> None:
    assert LogisticSettings(c=0.5).c == 0.5
    assert FedAvg().masked
