"""How long Pace waits: a tenth of the time since the last event, within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.services.pace import Pace


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def pace(clock: Clock, shortest_s: float = 0.1, longest_s: float = 1.0, busy_below_s: float = 0.0) -> Pace:
    return Pace(shortest_s, longest_s, busy_below_s, clock=lambda: clock.now, wait=clock.wait)


def test_right_after_an_event_it_waits_shortest_and_long_after_longest() -> None:
    clock = Clock()
    waiting = pace(clock)
    waiting.wait()
    assert clock.waits == [1.0]  # nothing has happened yet
    waiting.note()
    waiting.wait()
    assert clock.waits[-1] == 0.1
    clock.now += 4.9
    waiting.wait()
    assert clock.waits[-1] == pytest.approx(0.5)
    clock.now += 100
    waiting.wait()
    assert clock.waits[-1] == 1.0


@given(st.floats(0.0, 60.0))
def test_nothing_is_noticed_a_tenth_later_than_it_happened_or_the_shortest_wait(happens_s: float) -> None:
    clock = Clock()
    waiting = pace(clock, longest_s=1e9)
    waiting.note()
    while clock.now < happens_s:
        waiting.wait()
    assert clock.now - happens_s <= max(0.1, 0.1 * happens_s) * (1 + 1e-9)


def test_flowers_short_waits_mean_that_work_goes_on() -> None:
    clock = Clock()
    waiting = pace(clock, busy_below_s=1.0)
    waiting.sleep(3.0)
    waiting.sleep(0.5)
    waiting.sleep(3.0)
    assert clock.waits == [1.0, 0.1, 0.1]
