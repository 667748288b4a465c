"""JSON that anybody may have written."""

import json
from typing import NoReturn

MOST_LEVELS = 40
"""Deepest nesting of lists and mappings; what sites and coordinators tell each other has fewer than ten."""


def loads(content: bytes | str) -> object:
    """A value from JSON.

    Raises
    ------
    ValueError where it is none: not UTF-8, not JSON, nested deeper than `MOST_LEVELS`, with two values under one name,
    or with a number that is not finite.
    """
    try:
        value = json.loads(content, parse_constant=_refuse, object_pairs_hook=_distinct)
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error
    _require_shallow(value)
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("two values stand under one name")
    return content


def _require_shallow(value: object) -> None:
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return
    raise ValueError("JSON nested too deeply")


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
