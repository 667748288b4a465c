"""Dynamic phases by seconds after the injection, never by index."""

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Dynamic
from client.imaging.maps.quantitative_map import Need
from shared.sections.maps import PhaseChoice


def before_contrast(seconds: tuple[float, ...]) -> list[int]:
    """Indices of the phases whose centre of k-space lies before the injection (or at it)."""
    return [index for index, second in enumerate(seconds) if second <= 0]


def nearest(seconds: tuple[float, ...], wanted_s: float, tolerance_s: float) -> int | None:
    """Index of the phase after contrast nearest to a time; None where none is within the tolerance."""
    after = [index for index, second in enumerate(seconds) if second > 0]
    best = min(after, key=lambda index: abs(seconds[index] - wanted_s), default=None)
    return None if best is None or abs(seconds[best] - wanted_s) > tolerance_s else best


def baseline(dynamic: Dynamic) -> Array:
    """(...) signal before contrast; the mean where several phases lie before the injection."""
    before = before_contrast(dynamic.seconds)
    if len(before) == 1:
        return dynamic.signal[..., before[0]]
    with np.errstate(all="ignore"):  # infinities of both signs have no mean, which is then NaN
        return np.asarray(np.mean(dynamic.signal[..., before], axis=-1))


def early(dynamic: Dynamic, choice: PhaseChoice) -> int:
    """Index of the early phase of an acquisition that `need_early` has passed."""
    return _passed(nearest(dynamic.seconds, choice.early_s, choice.tolerance_s))


def late(dynamic: Dynamic, choice: PhaseChoice) -> int:
    """Index of the late phase of an acquisition that `need_late` has passed."""
    return _passed(nearest(dynamic.seconds, choice.late_s, choice.tolerance_s))


def _passed(index: int | None) -> int:
    if index is None:
        raise LookupError("the map's needs were not checked before it was computed")
    return index


def _listed(seconds: tuple[float, ...]) -> str:
    return ", ".join(f"{second:g}" for second in seconds) + " s"


def need_baseline(acquired: Acquisition, _: object) -> str | None:
    """A phase before contrast."""
    seconds = acquired.get(Dynamic).seconds
    return None if before_contrast(seconds) else f"a phase before contrast (phases at {_listed(seconds)})"


def need_early(acquired: Acquisition, choice: PhaseChoice) -> str | None:
    """An early phase."""
    seconds = acquired.get(Dynamic).seconds
    if nearest(seconds, choice.early_s, choice.tolerance_s) is not None:
        return None
    return (
        f"a phase within {choice.tolerance_s:g} s of {choice.early_s:g} s after injection "
        f"(phases at {_listed(seconds)}; the study's early_s and tolerance_s decide)"
    )


def need_late(acquired: Acquisition, choice: PhaseChoice) -> str | None:
    """A late phase, other than the early one."""
    seconds = acquired.get(Dynamic).seconds
    index = nearest(seconds, choice.late_s, choice.tolerance_s)
    if index is not None and index != nearest(seconds, choice.early_s, choice.tolerance_s):
        return None
    return (
        f"a second phase within {choice.tolerance_s:g} s of {choice.late_s:g} s after injection "
        f"(phases at {_listed(seconds)}; the study's late_s and tolerance_s decide)"
    )


def need_after(number: int) -> Need:
    """Need of so many phases after contrast."""

    def need(acquired: Acquisition, _: object) -> str | None:
        seconds = acquired.get(Dynamic).seconds
        if sum(second > 0 for second in seconds) >= number:
            return None
        return f"at least {number} phases after contrast (phases at {_listed(seconds)})"

    return need
