"""Sections of several kinds: one setting names the kind, and each kind has only the settings that it reads."""

from collections.abc import Mapping
from typing import Any, ClassVar, get_args

from pydantic import BeforeValidator, ValidationError, model_validator

from shared.sections.section import Section
from shared.sections.unread import fault


class SectionOfKind(Section):
    """A section of one kind, which refuses by name what other kinds read and this one does not."""

    tag: ClassVar[str]
    """Setting that names the kind."""
    of_kinds: ClassVar[Mapping[str, type[Section]]] = {}
    """Section of each kind (`by_kind`)."""

    @model_validator(mode="before")
    @classmethod
    def _nothing_of_other_kinds(cls, content: Any) -> Any:
        if not isinstance(content, dict) or not cls.of_kinds:
            return content
        own = get_args(cls.model_fields[cls.tag].annotation)
        kind = content.get(cls.tag, " or ".join(own))
        readers = {
            name: ", ".join(sorted(other for other, section in cls.of_kinds.items() if name in section.model_fields))
            for name in content
            if name not in cls.model_fields
        }
        faults = [
            fault((name,), f"{cls.tag}: {others}", f"{cls.tag}: {kind}", content[name])
            for name, others in readers.items()
            if others
        ]
        if faults:
            raise ValidationError.from_exception_data(cls.__name__, faults)
        return content


def by_kind(union: Any) -> dict[str, type[SectionOfKind]]:
    """Section of each kind; from here on each knows what the others read.

    Parameters
    ----------
    union : of the sections, each with its kinds as a `Literal`
    """
    sections: dict[str, type[SectionOfKind]] = {
        kind: section for section in get_args(union) for kind in get_args(section.model_fields[section.tag].annotation)
    }
    for section in sections.values():
        section.of_kinds = sections
    return sections


def default_kind(tag: str, kind: str) -> BeforeValidator:
    """Take a kind where a section names none.

    Parameters
    ----------
    tag : setting that names the kind
    kind : the default
    """
    return BeforeValidator(lambda content: {tag: kind} | content if isinstance(content, dict) else content)
