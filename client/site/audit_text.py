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
    return "\n".join(visible(f"{name}: {_said(value)}") for name, value in entry.content.items())


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value)
    if isinstance(value, str):
        return _HASH.sub(lambda found: f"{found[0][:_SHOWN]}…", value)
    return json.dumps(value)
