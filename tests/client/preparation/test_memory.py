"""What a piece of work leaves behind."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import suppress

import pytest

from client.preparation.memory import given_back


class Volume:
    """Something that refers to itself, so that only a collection lets go of it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def nothing_by_itself() -> Iterator[None]:
    """No collection but those that are asked for."""
    gc.disable()
    yield
    gc.enable()


def test_what_only_a_cycle_holds_is_let_go_after_the_work() -> None:
    with given_back():
        left = weakref.ref(Volume())
        assert left() is not None
    assert left() is None


def fails() -> weakref.ref[Volume]:
    left = weakref.ref(Volume())
    with suppress(RuntimeError), given_back():
        left = weakref.ref(Volume())
        raise RuntimeError
    return left


def test_what_was_there_before_is_not_looked_through_even_where_the_work_fails() -> None:
    before = weakref.ref(Volume())
    assert fails()() is None
    assert before() is not None
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert before() is None
