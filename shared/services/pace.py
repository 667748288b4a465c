"""How long to wait between two looks for something: short while it is likely, long while it is not."""

import time
from collections.abc import Callable


class Pace:
    """Wait for a tenth of the time since the last event, within bounds.

    So nothing is noticed later than after a tenth more time than it took, a site that idles asks once in
    `longest_s`, and many sites that wait for a slow one do not crowd the coordinator.

    Parameters
    ----------
    shortest_s, longest_s : bounds of one wait
    busy_below_s : where this takes the place of `time.sleep`, a shorter wait than this means that work is going on
    """

    def __init__(
        self,
        shortest_s: float,
        longest_s: float,
        busy_below_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._shortest_s = shortest_s
        self._longest_s = longest_s
        self._busy_below_s = busy_below_s
        self._clock = clock
        self._wait = wait
        self._last_event = float("-inf")

    def note(self) -> None:
        """Note that something happened just now."""
        self._last_event = self._clock()

    def wait(self) -> None:
        """Wait until the next look."""
        since_s = self._clock() - self._last_event
        self._wait(min(max(since_s / 10, self._shortest_s), self._longest_s))

    def sleep(self, seconds: float) -> None:
        """Wait in the place of `time.sleep`: how long somebody else wanted to sleep says only what he waits for."""
        if seconds < self._busy_below_s:
            self.note()
        self.wait()
