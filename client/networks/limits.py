"""Time and memory that one round may take."""

import time
from pathlib import Path

_STATUS = Path("/proc/self/status")


class Limits:
    """Limits of one round, counted from when this is made.

    Parameters
    ----------
    seconds : None for no limit
    megabytes : of the whole process; None for no limit
    """

    def __init__(self, seconds: float | None, megabytes: int | None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds
        self._megabytes = megabytes

    @property
    def time_is_up(self) -> bool:
        """Whether the round has to end."""
        return self._until is not None and time.monotonic() >= self._until

    def require_memory(self) -> None:
        """Check the process's memory.

        Raises
        ------
        MemoryError where it is beyond the limit.
        """
        if self._megabytes is not None and resident_megabytes() > self._megabytes:
            raise MemoryError


def resident_megabytes() -> float:
    """Memory that this process holds, in megabytes; 0 where the system does not say."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)
