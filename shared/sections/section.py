"""The base of every section of a study or site file."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from shared import plain_text


class Section(BaseModel):
    """A part of a file that people write: unknown keys are errors, and nothing changes after loading.

    Numbers are finite, and no text in it holds a character that does not show (`shared.plain_text`): a person who
    reads what such a file says on a screen must see all of it, and nothing else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)

    of_lines: ClassVar[frozenset[str]] = frozenset()
    """Settings that are text of several lines, such as a certificate."""

    @field_validator("*", mode="after")
    @classmethod
    def _shows_what_it_says(cls, value: object, field: ValidationInfo) -> object:
        if isinstance(value, str):
            # YAML's folded text ends with a line end, which shows as nothing and hides nothing
            lines = value.split("\n") if field.field_name in cls.of_lines else [value.removesuffix("\n")]
            plain_text.require(lines)
        else:
            plain_text.require(value)
        return value
