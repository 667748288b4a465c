"""The base of every part of a result."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a result: unknown fields are errors, and nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
