"""What the tracer-kinetic models share: arterial curve, delay, concentration, and what they need."""

from typing import Protocol

import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic, FlipAngles, Mask
from client.imaging.maps.arterial_input import CURVES, plasma
from client.imaging.maps.concentration import concentration
from client.imaging.maps.kinetic_fit import KineticFit
from client.imaging.maps.quantity import MapResult
from client.imaging.maps.t1 import t1_fit
from client.imaging.maps.vendor_map import in_unit
from shared.sections.maps import PharmacokineticRequest, VendorQuantity

COARSEST_S = 20.0
"""Temporal resolution over which the first pass is missed and Ktrans means little."""


def arterial_curve(settings: PharmacokineticRequest, last_s: float) -> tuple[Array, Array]:
    """Times (grid) in seconds and plasma concentration (grid) in mmol/l, from the bolus's arrival on.

    The grid is fine where the population curve is sharp: linear between its points, the curve is off by under
    0.5 % of its peak.
    """
    since = np.concatenate([np.arange(0, 60, 0.5), np.arange(60, 150, 1.0), np.arange(150, last_s + 5, 5.0)])
    blood = CURVES[settings.arterial_input](since)
    return since + settings.bolus_delay_s, plasma(blood, settings.haematocrit)


def tissue_concentration(acquired: Acquisition, settings: PharmacokineticRequest) -> Array:
    """(..., n_phases) concentration in mmol/l, with the declared, the measured or the vendor's T1."""
    dynamic = acquired.get(Dynamic)
    assert dynamic.tr_ms is not None
    assert dynamic.flip_angle_deg is not None
    t1_ms: Array | float
    angles, imported = acquired.find(FlipAngles), acquired.vendor(VendorQuantity.T1)
    if settings.t1_ms is not None:
        t1_ms = settings.t1_ms
    elif angles is not None:
        t1_ms = t1_fit(
            angles.signal, angles.flip_angles_deg, angles.tr_ms, angles.b1, acquired.regions.get("breast")
        ).t1_ms
    else:
        assert imported is not None
        t1_ms = in_unit(imported)
    return concentration(
        dynamic.signal,
        phases.baseline(dynamic),
        t1_ms,
        tr_ms=dynamic.tr_ms,
        flip_angle_deg=dynamic.flip_angle_deg,
        relaxivity=settings.relaxivity,
        b1=None if angles is None else angles.b1,
    )


def need_fast_phases(acquired: Acquisition, _: object) -> str | None:
    """Phases that follow each other quickly enough to see the first pass."""
    seconds = np.asarray(acquired.get(Dynamic).seconds)
    interval = float(np.median(np.diff(seconds))) if len(seconds) > 1 else float("inf")
    if interval <= COARSEST_S and np.sum(seconds > 0) >= 6:
        return None
    return (
        f"at least 6 phases after contrast no more than {COARSEST_S:g} s apart "
        f"({np.sum(seconds > 0)} phases, median {interval:.3g} s apart)"
    )


def need_spoiled_gradient_echo(acquired: Acquisition, _: object) -> str | None:
    """Repetition time and flip angle, without which a signal is no concentration."""
    dynamic = acquired.get(Dynamic)
    lacking = [
        name
        for name, value in (("repetition time", dynamic.tr_ms), ("flip angle", dynamic.flip_angle_deg))
        if value is None
    ]
    return f"the {' and the '.join(lacking)} of the dynamic series" if lacking else None


def need_t1(acquired: Acquisition, settings: PharmacokineticRequest) -> str | None:
    """T1 before contrast, from wherever."""
    known = (settings.t1_ms, acquired.find(FlipAngles), acquired.vendor(VendorQuantity.T1))
    if any(entry is not None for entry in known):
        return None
    return "T1 before contrast (a variable-flip-angle series, a vendor's T1 map, or the study's t1_ms)"


class _Fitted(Protocol):
    """A non-linear model as a function of concentration, phases and arterial curve."""

    def __call__(
        self,
        concentration: Array,
        seconds: Array,
        arterial_seconds: Array,
        arterial: Array,
        *,
        fit_delay: bool,
        inside: Mask | None,
    ) -> KineticFit: ...


def fitted(model: _Fitted, acquired: Acquisition, settings: PharmacokineticRequest) -> MapResult:
    """All maps of a non-linear model, from an acquisition that meets the needs."""
    dynamic = acquired.get(Dynamic)
    seconds = np.asarray(dynamic.seconds)
    fit = model(
        tissue_concentration(acquired, settings),
        seconds,
        *arterial_curve(settings, seconds[-1]),
        fit_delay=settings.fit_delay,
        inside=acquired.regions.get("breast"),
    )
    return fit.result(settings.bolus_delay_s, dynamic.timing_assumed)


NEEDS = (need_spoiled_gradient_echo, phases.need_baseline, need_fast_phases, need_t1)
