"""What differs between two versions of a study, a setting a line."""

from collections.abc import Iterator

from shared.study.study import Study


def changes(before: Study, after: Study) -> list[str]:
    """Settings that differ, each with both values, sorted by name.

    Parameters
    ----------
    before, after : two versions
    """
    old, new = dict(_settings(before.model_dump(mode="json"))), dict(_settings(after.model_dump(mode="json")))
    return [
        f"{name}: {old.get(name, 'not there')} → {new.get(name, 'not there')}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _settings(content: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, dict) and content:
        for key, value in content.items():
            yield from _settings(value, f"{name}.{key}" if name else key)
    elif isinstance(content, list) and content:
        for number, value in enumerate(content, start=1):
            yield from _settings(value, f"{name}[{number}]")
    else:
        yield name, "nothing" if content in (None, [], {}) else str(content)
