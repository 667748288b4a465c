"""Sections of several kinds: one setting names the kind, and each kind has only the settings that it reads."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BeforeValidator, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from shared.sections.section import Section


def by_kind(union: Any, tag: str) -> dict[str, type[Section]]:
    """Section of each kind.

    Parameters
    ----------
    union : of the sections, each with its kinds as a `Literal`
    tag : setting that names the kind
    """
    return {kind: section for section in get_args(union) for kind in get_args(section.model_fields[tag].annotation)}


def of_one_kind(sections: Mapping[str, type[Section]], tag: str, default: str) -> BeforeValidator:
    """Take the default kind where none is named, and refuse by name what other kinds read and this one does not.

    Parameters
    ----------
    sections : of `by_kind`
    tag : setting that names the kind
    default : kind of a section that names none
    """

    def checked(content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        content = {tag: default} | content
        kind = content[tag]
        if not isinstance(kind, str) or kind not in sections:
            return content  # the union says which kinds there are
        own = sections[kind].model_fields
        readers = {
            name: ", ".join(sorted(other for other, section in sections.items() if name in section.model_fields))
            for name in content
            if name not in own
        }
        if foreign := {name: others for name, others in readers.items() if others}:
            raise ValidationError.from_exception_data(
                sections[kind].__name__, [_fault(tag, kind, name, others, content) for name, others in foreign.items()]
            )
        return content

    return BeforeValidator(checked)


def _fault(tag: str, kind: str, name: str, readers: str, content: Mapping[str, Any]) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError(
            "value_error",
            "{name} is of {tag}: {readers}, and {tag}: {kind} does not read it; remove it",
            {"name": name, "tag": tag, "readers": readers, "kind": kind},
        ),
        loc=(name,),
        input=content[name],
    )
