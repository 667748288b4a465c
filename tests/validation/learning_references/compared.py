"""What a reference says of a finished study."""

from collections.abc import Callable, Iterator

import numpy as np

from tests.study_of_tables import Finished

Compared = Iterator[tuple[str, float, float]]
"""What is compared, the largest difference over all fits, and the tolerance that it must not exceed."""


def risks(name: str, tolerance: float, fit: Callable[[Finished, np.ndarray, np.ndarray], np.ndarray]):  # type: ignore[no-untyped-def]
    """How far the risks of our model lie from those of a reference, in the worst fit."""

    def compared(done: Finished) -> Compared:
        def difference(task: int) -> float:
            z, y = done.pooled(task)
            return float(np.abs(done.risks(task, z) - fit(done, z, y)).max())

        yield f"risks, {name}", done.worst(difference), tolerance

    return compared
