"""An entry of the audit log, for a person at a terminal."""

import json
import re

from client.site.audit_log import Entry
from shared.plain_text import visible

_HASH = re.compile(r"[0-9a-f]{32,}")
_SHOWN = 12
"""As many characters of a hash as a person compares; `audit export` has all."""


def lines(entry: Entry) -> str:
    """What an entry holds, a line for each part, with hashes and signatures cut short."""
    return "\n".join(visible(f"{name}: {_in_words(value)}") for name, value in entry.content.items())


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_in_words(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_in_words(part) for part in value)
    if isinstance(value, str):
        return _HASH.sub(lambda match: f"{match[0][:_SHOWN]}…", value)
    return json.dumps(value)
