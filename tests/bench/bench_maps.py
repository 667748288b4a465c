"""Voxels per second of the maps: beside scipy voxel by voxel, and as a share of what memory can deliver."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from client.imaging.maps.arterial_input import parker, plasma
from client.imaging.maps.dki import dki
from client.imaging.maps.extended_tofts import extended_tofts
from client.imaging.maps.extended_tofts_linear import extended_tofts_linear
from client.imaging.maps.fitting.blocks import threads
from client.imaging.maps.ivim import MODEL, ivim
from client.imaging.maps.ivim_segmented import ivim_segmented
from tests.bench.figure import Figure

Array = NDArray[np.float32]

LINEAR_VOXELS = 4_000_000
SCIPY_VOXELS = 150
# A run of a tenth of a second is as easily disturbed as repeated.
SHORT_REPEATS = 20

IVIM_B = np.array([0.0, 10, 30, 60, 100, 200, 400, 800])
DKI_B = np.array([0.0, 300, 700, 1000, 1500, 2000])
# OSIPI's protocol, on which the full fit is compared.
FULL_B = np.array([0.0, 1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 250, 350, 400, 550, 700, 850, 1000])
SECONDS = np.concatenate([[-8.0], np.arange(2.0, 300, 8.0)])


@dataclass(frozen=True)
class Seconds:
    """Time of a run: on the clock, and of all cores together."""

    wall: float
    cores: float

    def beside(self, other: "Seconds", work: float) -> tuple[float, float]:
        """How many times as fast as another run that did `1 / work` as much: on the clock, and per core."""
        return work * other.wall / self.wall, work * other.cores / self.cores


def best(run: Callable[[], object], repeats: int = 5) -> Seconds:
    """Shortest of some runs: what the machine can do while others use it least."""
    wall, cores = [], []
    for _ in range(repeats):
        begin, used = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - begin)
        cores.append(time.process_time() - used)
    return Seconds(min(wall), min(cores))


def streaming_bytes_per_s() -> float:
    """Bytes read and written per second by copies on all cores."""
    source = np.ones((threads(), 32_000_000), dtype=np.float32)
    target = np.empty_like(source)

    def copy() -> None:
        with ThreadPoolExecutor(threads()) as pool:
            list(pool.map(np.copyto, target, source))

    return 2 * source.nbytes / best(copy, SHORT_REPEATS).wall


def volume(curves: Callable[[Array], Array], n: int, voxels: int, noise: float) -> Array:
    """(voxels, n) view of n volumes, each contiguous, of tissue that varies from voxel to voxel."""
    rng = np.random.default_rng(0)
    few = curves(rng.random((4, 20_000), dtype=np.float32))
    few += noise * rng.standard_normal(few.shape, dtype=np.float32)
    return np.moveaxis(np.tile(few, (1, voxels // few.shape[1])).astype(np.float32).reshape(n, -1), 0, -1)


def perfused(b: Array, unit: Array) -> Array:
    """(n, voxels) IVIM signals for four uniform numbers a voxel."""
    f, d, fast = 0.05 + 0.2 * unit[0], 0.7e-3 + 1.3e-3 * unit[1], 0.01 + 0.04 * unit[2]
    return f * np.exp(-b[:, None] * fast) + (1 - f) * np.exp(-b[:, None] * d)


def kurtic(unit: Array) -> Array:
    """(n, voxels) kurtosis signals."""
    d, k = 0.7e-3 + 1.3e-3 * unit[0], 0.4 + unit[1]
    return np.exp(-DKI_B[:, None] * d + (DKI_B[:, None] * d) ** 2 * k / 6)


def scipy_seconds(
    model: Callable[..., Array], x: Array, signals: Array, start: list[float], **bounds: object
) -> Seconds:
    """Time of `curve_fit`, one voxel after the other."""

    def every() -> None:
        for signal in signals:
            try:
                curve_fit(model, x, signal, start, **bounds)
            except RuntimeError:  # it gave up, which took its time as well
                continue

    with np.errstate(all="ignore"):
        return best(every, repeats=3)


def ratios(
    name: str, ours: Seconds, voxels: int, theirs: Seconds, their_voxels: int, target: float | None = None
) -> Iterator[Figure]:
    """Speed beside scipy: on the clock with all our cores, and core for core, which others' load leaves alone."""
    wall, cores = ours.beside(theirs, voxels / their_voxels)
    yield Figure(name, wall, "times", "higher", target)
    yield Figure(f"{name}, core for core", cores, "times", "higher")


def linear_figures(
    name: str,
    fit: Callable[[Array], object],
    signal: Array,
    bytes_per_s: float,
    target: float,
    scipy: tuple[Seconds, int],
) -> Iterator[Figure]:
    """Speed of a fit that ought to be bound by memory: it reads n images and writes four maps."""
    fit(signal[:1000])  # compiles
    ours = best(lambda: fit(signal), SHORT_REPEATS)
    per_s = len(signal) / ours.wall
    bound = bytes_per_s / (4 * (signal.shape[-1] + 4))
    yield Figure(name, per_s / 1e6, "million voxels/s", "higher", target)
    yield Figure(f"{name}, of one core", len(signal) / ours.cores / 1e6, "million voxels/s", "higher")
    yield Figure(f"{name}: share of the streaming bound", per_s / bound, "1", "higher")
    yield from ratios(f"{name} beside curve_fit", ours, len(signal), *scipy)


def biexponential(b: Array, s0: float, f: float, d: float, fast: float) -> Array:
    """IVIM as one writes it for `curve_fit`, b in ms/µm²."""
    return s0 * (f * np.exp(-b * fast) + (1 - f) * np.exp(-b * d))


def full_ivim_figures() -> Iterator[Figure]:
    """The full non-linear fit, at SNR 40, against `curve_fit` without and with the same bounds."""
    signal = volume(lambda unit: perfused(FULL_B, unit), len(FULL_B), 200_000, 1 / 40)
    ivim(signal[:100], FULL_B)
    ours = best(lambda: ivim(signal, FULL_B), repeats=4)
    few, b, start = signal[:SCIPY_VOXELS].astype(float), FULL_B / 1000, [1.0, 0.1, 1.0, 20.0]
    bounds = ([0, 0, 0, 4], [10, 1, 4, 300])
    free = scipy_seconds(biexponential, b, few, start)
    yield from ratios("full IVIM beside curve_fit without bounds", ours, len(signal), free, len(few), 400)
    bounded = scipy_seconds(biexponential, b, few[:60], start, bounds=bounds)
    yield from ratios("full IVIM beside curve_fit in the same bounds", ours, len(signal), bounded, 60, 400)
    squares = np.square(MODEL.fit(b[None], few).residual) * len(b)
    theirs = []
    for one in few:
        fitted, _ = curve_fit(biexponential, b, one, start, bounds=bounds, x_scale="jac", max_nfev=1000)
        theirs.append(np.sum(np.square(one - biexponential(b, *fitted))))
    share = np.mean(squares <= np.array(theirs) * (1 + 1e-5))
    yield Figure("full IVIM: voxels with equal or lower sum of squares", share, "1", "higher", 0.99)


def tofts_figures(bytes_per_s: float) -> Iterator[Figure]:
    """The extended Tofts model in both forms."""
    fine = np.arange(0, 305.0, 0.5)
    arterial = plasma(parker(fine), 0.42)
    cp = np.interp(SECONDS, fine, arterial, left=0)

    def tissue(_: Array, ktrans: float, v_e: float, v_p: float) -> Array:
        response = np.convolve(arterial, np.exp(-ktrans / v_e / 60 * fine))[: len(fine)] * 0.5
        return v_p * cp + ktrans / 60 * np.interp(SECONDS, fine, response, left=0)

    def curves(unit: Array) -> Array:
        few = [tissue(cp, 0.05 + 0.3 * u[0], 0.2 + 0.3 * u[1], 0.02 + 0.05 * u[2]) for u in unit.T[:200]]
        return np.tile(np.stack(few, axis=1), (1, unit.shape[1] // 200))

    signal = volume(curves, len(SECONDS), LINEAR_VOXELS // 4, 0.02)
    scipy = scipy_seconds(tissue, SECONDS, signal[:30].astype(float), [0.15, 0.3, 0.03]), 30
    yield from linear_figures(
        f"linear extended Tofts ({len(SECONDS)} phases)",
        lambda s: extended_tofts_linear(s, SECONDS, fine, arterial),
        signal,
        bytes_per_s,
        10,
        scipy,
    )
    few = signal[:20_000]
    extended_tofts(few[:10], SECONDS, fine, arterial)
    ours = best(lambda: extended_tofts(few, SECONDS, fine, arterial), repeats=2)
    yield from ratios("non-linear extended Tofts beside curve_fit", ours, len(few), *scipy)


def figures() -> Iterator[Figure]:
    """Measure."""
    bytes_per_s = streaming_bytes_per_s()
    yield Figure("streaming bound of memory (copy, all cores)", bytes_per_s / 1e9, "GB/s", "higher")

    signal = volume(lambda unit: perfused(IVIM_B, unit), len(IVIM_B), LINEAR_VOXELS, 1 / 50)
    few = signal[:SCIPY_VOXELS].astype(float)
    scipy = scipy_seconds(biexponential, IVIM_B / 1000, few, [1.0, 0.1, 1.0, 20.0]), len(few)
    yield from linear_figures(
        "segmented IVIM (8 b-values)", lambda s: ivim_segmented(s, IVIM_B), signal, bytes_per_s, 40, scipy
    )

    signal = volume(kurtic, len(DKI_B), LINEAR_VOXELS, 1 / 50)
    few = signal[:SCIPY_VOXELS].astype(float)
    scipy = (
        scipy_seconds(
            lambda b, s0, d, k: s0 * np.exp(-b * d + (b * d) ** 2 * k / 6), DKI_B / 1000, few, [1.0, 1.0, 0.8]
        ),
        len(few),
    )
    yield from linear_figures("DKI (6 b-values)", lambda s: dki(s, DKI_B), signal, bytes_per_s, 40, scipy)
    yield from tofts_figures(bytes_per_s)
    yield from full_ivim_figures()
