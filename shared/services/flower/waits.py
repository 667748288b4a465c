"""Flower's fixed waits for a part of a message that is still on its way, made short.

A message is announced before its parts have arrived. Whoever asks for a part too early asks again after 1 s, then
2 s, 4 s: far longer than the part takes. Private to Flower 1.41; where another version has no such defaults, an
exchange takes longer and nothing else changes.
"""

import importlib

FIRST_S = 0.02
LONGEST_S = 1.0


def shorten() -> None:
    """Ask again after 20 ms, then 40 ms, at most every second, in this process."""
    inflatable = importlib.import_module("flwr.supercore.inflatable.inflatable_utils")
    for pull in (inflatable.pull_objects, inflatable.pull_and_inflate_object_from_tree):
        if "initial_backoff" in (pull.__kwdefaults__ or {}):
            pull.__kwdefaults__ |= {"initial_backoff": FIRST_S, "backoff_cap": LONGEST_S}
