"""Settings that nothing reads: a person who writes one expects something of it, so it is refused at its line."""

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from shared.sections.section import Section


def refuse(section: Section, unread: Mapping[str, tuple[str, str]], *place: str) -> None:
    """Refuse what a section sets otherwise than its default although nothing reads it.

    A default that is written out passes: it is what a study that is sent writes, and nobody expects anything of it.

    Parameters
    ----------
    section : the section
    unread : what would read a setting, and what is there instead:
        `{"momentum": ("optimizer: sgd", "optimizer: adamw")}`
    place : where the section stands in the one that is being checked, if it is another

    Raises
    ------
    ValidationError with a fault for each such setting.
    """
    faults = [
        fault((*place, name), reader, present, getattr(section, name))
        for name, (reader, present) in unread.items()
        if getattr(section, name) != type(section).model_fields[name].get_default(call_default_factory=True)
    ]
    if faults:
        raise ValidationError.from_exception_data(type(section).__name__, faults)


def fault(place: tuple[str, ...], reader: str, present: str, value: object) -> InitErrorDetails:
    """A setting that is not read, as an error of its own.

    Parameters
    ----------
    place : of the setting; its name last
    reader : what would read it
    present : what is there instead
    value : of the setting
    """
    return InitErrorDetails(
        type=PydanticCustomError(
            "value_error",
            "{name} is of {reader}, and {present} does not read it; remove it",
            {"name": place[-1], "reader": reader, "present": present},
        ),
        loc=place,
        input=value,
    )
