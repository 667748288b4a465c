"""A reply whose parts make no message is its node's failure."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from flwr.app import ConfigRecord, RecordDict
from flwr.app.message import make_message
from flwr.app.metadata import Metadata
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from google.protobuf.message import DecodeError

from server.network import flower_private

grid: Any = importlib.import_module("flwr.superlink.grid.http_grid")


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], dict[str, bytes]]:
    """The parts of an answer by their names, the whole last; Flower's functions are put back afterwards."""
    for name in ("pull_objects", "inflate_object_from_contents"):
        monkeypatch.setattr(grid, name, getattr(grid, name))
    names = {"message_id": "", "reply_to_message_id": "m", "group_id": "", "message_type": "query"}
    heading = Metadata(run_id=1, src_node_id=7, dst_node_id=1, created_at=1.0, ttl=60.0, **names)
    message = make_message(metadata=heading, content=RecordDict({"0": ConfigRecord({"bytes": b"an answer"})}))
    parts = get_all_nested_objects(message)
    contents = {name: part.deflate() for name, part in parts.items()}
    return [*(name for name in contents if name != message.object_id), message.object_id], contents


@pytest.mark.attack
@pytest.mark.parametrize(
    "broken",
    [
        lambda names, contents: contents | {names[-1]: b"nonsense"},
        lambda names, contents: contents | {names[0]: b"nonsense"},
        lambda names, contents: {names[-1]: contents[names[-1]]},
        lambda names, contents: contents | {names[-1]: contents[names[0]]},
        lambda names, contents: contents | {names[-1]: contents[names[-1]][:40]},
    ],
    ids=["no message", "no record", "a part less", "another part", "half a message"],
)
def test_parts_that_make_no_message_do_not_end_the_run(
    broken: Callable[[list[str], dict[str, bytes]], dict[str, bytes]],
    answer: tuple[list[str], dict[str, bytes]],
    gained: Callable[[str, str, str], None],
) -> None:
    names, contents = answer
    plain = grid.inflate_object_from_contents
    grid.pull_objects = lambda object_ids, **_: contents
    flower_private.refuse_broken_replies()
    assert grid.pull_objects(object_ids=names, pull_object_fn=None) == contents
    message = grid.inflate_object_from_contents(names[-1], contents)
    assert dict(message.content["0"]) == {"bytes": b"an answer"}
    bad = broken(names, contents)
    with pytest.raises((ValueError, KeyError, TypeError, ArithmeticError, AttributeError, DecodeError)) as undefended:
        plain(names[-1], dict(bad)).content.items()
    grid.inflate_object_from_contents = plain
    grid.pull_objects = lambda object_ids, **_: bad
    flower_private.refuse_broken_replies()
    with pytest.raises(grid.ObjectPullError, match="the parts make no message"):
        grid.pull_objects(object_ids=names, pull_object_fn=None)
    gained(
        "Send a reply whose parts make no message",
        f"the coordinator's run ends ({undefended.type.__name__})",
        "that node's reply is an error, the others' count",
    )
