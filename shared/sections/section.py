"""The base of every section of a study or site file."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of a file that people write: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
