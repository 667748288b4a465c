"""How long a site waits between two looks for work: short while a study is asking, long while none is."""

import time
from collections.abc import Callable


class Pace:
    """Wait for a tenth of the time since the last work, within bounds.

    So a wait never lasts a tenth longer than it must, a site that idles asks once in `longest_s`, and many
    sites that wait for a slow one do not crowd the coordinator.

    Parameters
    ----------
    shortest_s, longest_s : bounds of one wait
    busy_below_s : Flower's own waits shorter than this mean that work is going on
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
        self._last_work = float("-inf")

    def work(self) -> None:
        """Note that there was work just now."""
        self._last_work = self._clock()

    def sleep(self, seconds: float) -> None:
        """Wait, in the place of `time.sleep`; Flower's own `seconds` only say what it waits for."""
        if seconds < self._busy_below_s:
            self.work()
        since = self._clock() - self._last_work
        self._wait(min(max(since / 10, self._shortest_s), self._longest_s))
