"""YAML files: read into pydantic models with errors that name the line and the remedy, and written for people."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from shared.errors import Code, MrfedError
from shared.files import named_file

Document = TypeVar("Document", bound=BaseModel)

MOST_LEVELS = 100
"""How deep a file may be nested; a study has fewer than ten levels."""

_REMEDY = {
    "extra_forbidden": "remove it or correct its spelling",
    "missing": "add it",
    "enum": "use one of the values listed",
    "literal_error": "use one of the values listed",
}


def load(path: Path, model: type[Document], code: Code) -> Document:
    """Read a YAML file into a model.

    Parameters
    ----------
    path : file to read
    model : pydantic model of its content
    code : code of the error raised when the file is wrong

    Raises
    ------
    MrfedError with the file, the line, what is wrong there and what to do.
    """
    try:
        text = named_file.read(path, code).decode("utf-8")
    except UnicodeDecodeError as error:
        raise MrfedError(code, f"{path}: is no text in UTF-8; save it as such") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _require_readable(root)
        content = yaml.safe_load(text)
    except (RecursionError, _UnreadableError) as error:
        raise MrfedError(
            code,
            f"{path}: is nested deeper than {MOST_LEVELS} levels, or a part of it holds itself; write it flat",
        ) from error
    except (ValueError, TypeError, OverflowError) as error:  # such as a 30th of February
        raise MrfedError(code, f"{path}: a value in it cannot be read ({error}); correct it") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise MrfedError(code, f"{path}{line}: {problem}; check the indentation and the colons") from error
    if repeated := _repeated(root, set()):
        at, key = repeated[0]
        raise MrfedError(code, f"{path}:{at}: {key} stands here a second time, and only one would count; remove one")
    if not isinstance(content, dict):
        raise MrfedError(code, f"{path}:1: expected a mapping of settings; see the examples in shared/studies")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise MrfedError(code, "\n".join(_explain(path, root, error))) from error


def lines(path: Path, code: Code) -> list[str]:
    """Lines of a file, as far as it is text.

    Raises
    ------
    MrfedError where it cannot be read.
    """
    return named_file.read(path, code).decode("utf-8", "replace").splitlines()


class _UnreadableError(Exception):
    """A file that is nested deeper than anybody writes, or in which a part holds itself."""


def _require_readable(root: yaml.Node | None) -> None:
    """Refuse what is nested too deeply; parts that aliases repeat are looked through once."""
    depths: dict[int, int] = {}

    def depth(node: yaml.Node, level: int) -> int:
        if level > MOST_LEVELS:
            raise _UnreadableError
        if id(node) not in depths:
            depths[id(node)] = MOST_LEVELS  # while it is looked through it may not stand in itself
            if isinstance(node, yaml.MappingNode):
                inner = [part for pair in node.value for part in pair]
            else:
                inner = list(node.value) if isinstance(node, yaml.SequenceNode) else []
            depths[id(node)] = 1 + max((depth(part, level + 1) for part in inner), default=0)
        if level + depths[id(node)] > MOST_LEVELS:
            raise _UnreadableError
        return depths[id(node)]

    if root is not None:
        depth(root, 0)


def _explain(path: Path, root: yaml.Node | None, error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors():
        message, location = fault["msg"].removeprefix("Value error, "), _in_file(root, fault["loc"])
        if fault["type"] in ("union_tag_invalid", "union_tag_not_found"):
            context = fault["ctx"]
            location = (*location, context["discriminator"].strip("'"))
            kinds = context.get("expected_tags", "").replace("'", "")
            message = f"{context['tag']} is unknown; use one of {kinds}" if kinds else "is missing; add it"
        elif location and fault["type"] != "value_error":  # our own rules say the remedy themselves
            message += f"; {_REMEDY.get(fault['type'], 'correct the value')}"
        if location:
            message = f"{'.'.join(map(str, location))}: {message}"
        # A rule about several settings names the one to look at first.
        named = tuple(message.partition(" ")[0].strip(":,;").split("."))
        lines.append(f"{path}:{_line(root, location or named)}: {message}")
    return lines


def _in_file(node: yaml.Node | None, location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """A location as the file writes it: where a section has several kinds, pydantic puts the kind's name in between."""
    written: list[int | str] = []
    for place, part in enumerate(location):
        if isinstance(node, yaml.MappingNode):
            inside = {key.value: value for key, value in node.value}
            if part not in inside and place < len(location) - 1:
                continue
            node = inside.get(part)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        else:
            node = None
        written.append(part)
    return tuple(written)


def _repeated(node: yaml.Node | None, seen: set[int]) -> list[tuple[int, str]]:
    """Line and name of every key that a mapping has already; YAML would take the last without a word.

    Parameters
    ----------
    node : what is looked through
    seen : nodes that were: a few lines of aliases stand for more parts than could be looked through again and again
    """
    if node is None or id(node) in seen:
        return []
    seen.add(id(node))
    repeated, parts = [], list(node.value) if isinstance(node, yaml.SequenceNode) else []
    if isinstance(node, yaml.MappingNode):
        parts = [value for _, value in node.value]
        names = [key.value for key, _ in node.value]
        repeated = [
            (key.start_mark.line + 1, str(key.value))
            for place, (key, _) in enumerate(node.value)
            if key.value in names[:place]
        ]
    return repeated + [repeat for part in parts for repeat in _repeated(part, seen)]


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Line (from 1) of the deepest part of `location` that the file has."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == part]
            if not pairs:
                break
            key, node = pairs[0]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


class _Readable(yaml.SafeDumper):
    """YAML as a person would write it: a text of several lines, such as a certificate, in its own lines."""


_Readable.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def readable(content: BaseModel) -> str:
    """YAML that people read, its settings in the order of the model."""
    return yaml.dump(content.model_dump(mode="json"), Dumper=_Readable, sort_keys=False, allow_unicode=True)


def with_floats(value: Any) -> Any:
    """The same content with every number a float, so that 25 and 25.0 have one digest."""
    if isinstance(value, Mapping):
        return {str(key): with_floats(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [with_floats(entry) for entry in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return value


def canonical(content: object) -> bytes:
    """JSON bytes of a value: sorted keys, no blanks, ASCII; equal content gives equal bytes."""
    if isinstance(content, BaseModel):
        content = content.model_dump(mode="json")
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(content: object) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(content)).hexdigest()
