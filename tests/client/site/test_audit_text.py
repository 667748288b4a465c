"""An entry of the audit log as a person sees it."""

from client.site import audit_text
from client.site.audit_log import Entry, Event


def test_hashes_are_cut_short_and_all_else_is_told():
    content = {"study": "ab" * 32, "roster": ["north", "east"], "head": {"entries": 3, "hash": "cd" * 32}, "at": None}
    entry = Entry(
        number=1,
        time="2026-01-01T00:00:00+00:00",
        event=Event.QUESTION,
        content=content,
        previous="",
        hash="",
        signature="",
    )
    assert audit_text.lines(entry).splitlines() == [
        "study: abababababab…",
        "roster: north, east",
        "head: entries 3, hash cdcdcdcdcdcd…",
        "at: null",
    ]
