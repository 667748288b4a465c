"""What a tracer-kinetic fit gives, and how its non-linear models are fitted."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from client.imaging.maps.acquisition import Array, Mask
from client.imaging.maps.fitting.separable import Basis, Derivative, Fit, Separable
from client.imaging.maps.quantity import FitQuality, MapResult, Quantity, Volume

KTRANS = Quantity("ktrans", "1/min", 0, 5)
V_E = Quantity("v_e", "1", 0, 1)
V_P = Quantity("v_p", "1", 0, 1)
DELAY = Quantity("bolus_delay", "s", 0, 90)

LONGEST_DELAY_S = 30.0
RATES_PER_S = (1e-5, 0.5)
"""Bounds of k_ep: from one that no examination is long enough to see, to one that is faster than any phase."""


@dataclass(frozen=True)
class KineticFit:
    """Parameters of a tracer-kinetic model and the fit's quality, all (...)."""

    ktrans: Array
    """1/min."""
    v_e: Array
    v_p: Array
    delay_s: Array
    residual: Array
    """Root mean square residual as a share of the root mean square concentration."""
    converged: Mask

    def result(self, bolus_delay_s: float, timing_assumed: bool) -> MapResult:
        """All maps of the fit; the delay counts from the injection."""
        delay_s = self.delay_s + np.float32(bolus_delay_s)
        return MapResult(
            (
                Volume(KTRANS, self.ktrans),
                Volume(V_E, self.v_e),
                Volume(V_P, self.v_p),
                Volume(DELAY, delay_s),
            ),
            fit=FitQuality(self.residual, self.converged),
            timing_assumed=timing_assumed,
        )


def sampled(times: Array, arterial: Array, seconds: Array) -> Array:
    """(3, longest) arterial times and values, and the tissue's times, as the compiled curves take them."""
    longest = max(len(times), len(seconds))
    x = np.zeros((3, longest))
    x[0, : len(times)], x[1, : len(times)] = times, arterial
    x[0, len(times) :], x[1, len(times) :] = times[-1] + np.arange(1, longest - len(times) + 1), arterial[-1]
    x[2, : len(seconds)] = seconds
    return x


def check(seconds: Array, arterial_seconds: Array, at_least: int) -> None:
    """Raise ValueError for too few phases, or times that do not increase."""
    if len(seconds) < at_least or np.any(np.diff(seconds) <= 0) or np.any(np.diff(arterial_seconds) <= 0):
        raise ValueError(f"the model needs at least {at_least} phases, and times that increase")


def relative_residual(residual: Array, concentration: Array) -> Array:
    """(...) residual as a share of the root mean square concentration."""
    with np.errstate(all="ignore"):
        size = np.sqrt(np.mean(np.square(concentration), axis=-1))
        return np.asarray(residual / size, dtype=np.float32)


def kinetic_fit(fit: Fit, concentration: Array) -> KineticFit:
    """Ktrans, v_e, v_p and delay from a separable fit whose first curve is the convolution."""
    rate, delay_s = fit.shape
    v_p = fit.amplitudes[1] if len(fit.amplitudes) == 2 else np.where(np.isnan(rate), rate, np.float32(0))
    with np.errstate(all="ignore"):
        v_e = fit.amplitudes[0] / rate
    return KineticFit(
        ktrans=60 * fit.amplitudes[0],
        v_e=v_e,
        v_p=v_p,
        delay_s=delay_s,
        residual=relative_residual(fit.residual, concentration),
        converged=fit.converged,
    )


@dataclass(frozen=True)
class KineticModel:
    """A non-linear model of which k_ep and the bolus's delay are searched; its first curve is the convolution.

    Parameters
    ----------
    basis, derivative : compiled, of (k_ep, delay)
    curves : 1, or 2 with the plasma's own
    at_least : phases without which the data do not determine it
    """

    basis: Basis
    derivative: Derivative
    curves: int
    at_least: int

    @cached_property
    def _with_delay(self) -> Separable:
        return self._within(LONGEST_DELAY_S)

    @cached_property
    def _without_delay(self) -> Separable:
        return self._within(0.0)

    def _within(self, longest_delay_s: float) -> Separable:
        delays = np.arange(0, longest_delay_s + 1e-9, 2.0)
        return Separable(
            basis=self.basis,
            derivative=self.derivative,
            curves=self.curves,
            lower=(RATES_PER_S[0], 0.0),
            upper=(RATES_PER_S[1], longest_delay_s),
            nodes=np.array([(rate, delay) for rate in np.geomspace(0.05, 10, 10) / 60 for delay in delays]),
        )

    def fit(
        self,
        concentration: Array,
        seconds: Array,
        arterial_seconds: Array,
        arterial: Array,
        *,
        fit_delay: bool,
        inside: Mask | None,
    ) -> KineticFit:
        """Fit every voxel; parameters and errors as `extended_tofts` has them."""
        check(seconds, arterial_seconds, self.at_least)
        model = self._with_delay if fit_delay else self._without_delay
        return kinetic_fit(
            model.fit(sampled(arterial_seconds, arterial, seconds), concentration, inside=inside), concentration
        )
