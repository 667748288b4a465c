"""Time-dependent diffusion: cell size and intracellular fraction from pulsed and oscillating gradients."""

from dataclasses import dataclass

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, DiffusionTimes, Mask
from client.imaging.maps.fitting.compiled import LANES, compiled
from client.imaging.maps.fitting.exponential import decay
from client.imaging.maps.fitting.restricted_sphere import oscillating, pulsed
from client.imaging.maps.fitting.separable import Separable
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Quantity, Volume
from shared.sections.maps import TimeDependentDiffusionRequest

CELL_DIAMETER = Quantity("cell_diameter", "µm", 3, 28)
INTRACELLULAR_FRACTION = Quantity("intracellular_fraction", "1", 0, 1)
EXTRACELLULAR_DIFFUSION = Quantity("extracellular_d", "mm²/s", 0, 3.5e-3)
CELLULARITY = Quantity("cellularity", "1/µm", 0, 0.3)

# The restricted signal is tabulated over the diameter once an examination and interpolated voxel by voxel.
_SMALLEST, _LARGEST, _STEP = 1.0, 31.0, 0.25
_DIAMETERS = np.arange(_SMALLEST, _LARGEST + _STEP / 2, _STEP)


@compiled
def _restricted(table: Array, i: int, diameter: float) -> tuple[float, float]:
    """Cubic (Catmull-Rom) interpolation of a column of the table, and its derivative by the diameter."""
    position = (diameter - _SMALLEST) / _STEP
    k = min(max(int(position), 1), len(table) - 4)  # row 0 holds b
    t = position - k
    p0, p1, p2, p3 = table[k, i], table[k + 1, i], table[k + 2, i], table[k + 3, i]
    c1 = (p2 - p0) / 2
    c2 = p0 - 2.5 * p1 + 2 * p2 - 0.5 * p3
    c3 = (p3 - p0) / 2 + 1.5 * (p1 - p2)
    return p1 + t * (c1 + t * (c2 + t * c3)), (c1 + t * (2 * c2 + 3 * t * c3)) / _STEP


@compiled
def _curves(x: Array, _known: Array, shape: Array, curves: Array) -> None:
    for i in range(curves.shape[1]):
        for w in range(LANES):
            curves[0, i, w] = _restricted(x, i, shape[0, w])[0]
            curves[1, i, w] = decay(x[0, i] * shape[1, w])


@compiled
def _derivative(x: Array, _known: Array, shape: Array, curves: Array, amplitudes: Array, out: Array) -> None:
    for i in range(out.shape[1]):
        for w in range(LANES):
            out[0, i, w] = amplitudes[0, w] * _restricted(x, i, shape[0, w])[1]
            out[1, i, w] = -amplitudes[1, w] * x[0, i] * curves[1, i, w]


# Diameter in µm, extracellular diffusivity in µm²/ms.
MODEL = Separable(
    basis=_curves,
    derivative=_derivative,
    curves=2,
    lower=(2.0, 0.2),
    upper=(30.0, 3.5),
    nodes=np.array([(d, ex) for d in np.linspace(3, 28, 11) for ex in (0.5, 0.9, 1.4, 2.0, 2.8)]),
)


@dataclass(frozen=True)
class CellFit:
    """Cell diameter (µm), intracellular fraction, extracellular diffusivity (mm²/s), fit's quality, all (...)."""

    diameter: Array
    fraction: Array
    extracellular_d: Array
    residual: Array
    """Root mean square residual as a share of S0."""
    converged: Mask

    @property
    def cellularity(self) -> Array:
        """Intracellular fraction over diameter, 1/µm."""
        return self.fraction / self.diameter


def time_dependent_diffusion(
    series: DiffusionTimes, intracellular_diffusivity: float = 1.56e-3, inside: Mask | None = None
) -> CellFit:
    """S / S0 = f S_restricted(d, D_in) + (1 - f) exp(-b D_ex) by bounded non-linear least squares.

    Parameters
    ----------
    series : at least five images, of at least two diffusion times or frequencies
    intracellular_diffusivity : D_in, mm²/s
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    CellFit; NaN where a signal is not finite or none is positive. The diameter is NaN at its bounds (2 and 30 µm)
    and where f is zero: the data do not determine it there.

    Raises
    ------
    ValueError for fewer images or diffusion times.

    Reference: Jiang et al., Magnetic Resonance in Medicine 78 (2017) 156 (IMPULSED).
    """
    if len(series.b_values) < 5 or len(_timings(series)) < 2:
        raise ValueError("cell size needs at least five images of at least two diffusion times")
    d_in = intracellular_diffusivity * 1000
    x = np.empty((1 + len(_DIAMETERS), len(series.b_values)))
    settings = zip(series.b_values, series.frequencies_hz, series.duration_ms, series.separation_ms, strict=True)
    for column, (b, frequency, duration, separation) in zip(x.T, settings, strict=True):
        column[0] = b / 1000
        if b == 0:
            column[1:] = 1.0
        elif frequency == 0:
            column[1:] = pulsed(_DIAMETERS, b / 1000, duration, separation, d_in)
        else:
            column[1:] = oscillating(_DIAMETERS, b / 1000, duration, separation, frequency / 1000, d_in)
    fit = MODEL.fit(x, series.signal, inside=inside)
    with np.errstate(all="ignore"):
        s0 = fit.amplitudes[0] + fit.amplitudes[1]
        diameter, fraction = fit.shape[0], fit.amplitudes[0] / s0
        determined = (diameter > MODEL.lower[0]) & (diameter < MODEL.upper[0]) & (fraction > 0)
        return CellFit(
            np.where(determined, diameter, np.float32(np.nan)),
            fraction,
            fit.shape[1] / np.float32(1000),
            fit.residual / s0,
            fit.converged,
        )


def _timings(series: DiffusionTimes) -> set[tuple[float, float, float]]:
    timings = zip(series.frequencies_hz, series.duration_ms, series.separation_ms, strict=True)
    return {timing for timing, b in zip(timings, series.b_values, strict=True) if b > 0}


def _need_times(acquired: Acquisition, _: object) -> str | None:
    series = acquired.get(DiffusionTimes)
    if len(series.b_values) >= 5 and len(_timings(series)) >= 2 and 0 in series.b_values:
        return None
    return (
        "at least five images, b = 0 among them, with two diffusion times or frequencies "
        f"({len(series.b_values)} images, {len(_timings(series))} timings)"
    )


def _compute(acquired: Acquisition, settings: TimeDependentDiffusionRequest) -> MapResult:
    fit = time_dependent_diffusion(
        acquired.get(DiffusionTimes), settings.intracellular_diffusivity, acquired.regions.get("breast")
    )
    return MapResult(
        (
            Volume(CELL_DIAMETER, fit.diameter),
            Volume(INTRACELLULAR_FRACTION, fit.fraction),
            Volume(EXTRACELLULAR_DIFFUSION, fit.extracellular_d),
            Volume(CELLULARITY, fit.cellularity),
        ),
        fit=FitQuality(fit.residual, fit.converged),
    )


MAP = QuantitativeMap(
    reads=(DiffusionTimes,),
    needs=(_need_times,),
    gives=(CELL_DIAMETER, INTRACELLULAR_FRACTION, EXTRACELLULAR_DIFFUSION, CELLULARITY),
    compute=_compute,
)
