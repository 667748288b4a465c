"""Restriction spectrum with three compartments: restricted, hindered and free (or flowing) water."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Diffusion, Mask
from client.imaging.maps.b_values import need_b_values, signal_and_b
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Quantity, Volume
from shared.sections.maps import DiffusionRequest

DIFFUSIVITIES = (0.0, 1.5e-3, 10.8e-3)
"""mm²/s of the compartments, as fitted to breast tissue at large."""

FRACTIONS = tuple(Quantity(f"restriction_f{number}", "1", 0, 1) for number in (1, 2, 3))


@dataclass(frozen=True)
class RestrictionFit:
    """Compartments' signal fractions, and the residual as a share of S0, all (...)."""

    fractions: tuple[Array, Array, Array]
    residual: Array


def restriction_spectrum(signal: Array, b_values: Array, inside: Mask | None = None) -> RestrictionFit:
    """S = sum C_i exp(-b D_i), C_i >= 0, at fixed diffusivities; fractions F_i = C_i / sum C.

    Non-negative least squares, exactly: of the seven sets of compartments that may be present, the one whose
    unconstrained solution is non-negative and explains most.

    Parameters
    ----------
    signal : (..., n_b) magnitude, arbitrary units
    b_values : (n_b) s/mm², at least three distinct
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    RestrictionFit; NaN where a signal is not finite or no compartment has signal

    Raises
    ------
    ValueError for fewer than three distinct b-values.

    Reference: Rodríguez-Soto et al., Magnetic Resonance in Medicine 87 (2022) 1938 (three-component breast model).
    """
    b = np.asarray(b_values, dtype=np.float64)
    if len(np.unique(b)) < 3:
        raise ValueError("the restriction spectrum needs at least three distinct b-values")
    curves = np.exp(-np.outer(b, DIFFUSIVITIES))
    gram = curves.T @ curves
    inverses = []
    for count in (1, 2, 3):
        for present in combinations(range(3), count):
            inverse = np.zeros((3, 3))
            inverse[np.ix_(present, present)] = np.linalg.inv(gram[np.ix_(present, present)])
            inverses.append(inverse)

    def block(s: Array) -> tuple[Array, ...]:
        projections = curves.T @ s
        best = np.zeros_like(projections)
        most = np.zeros(s.shape[1])
        for inverse in inverses:
            amplitudes = inverse @ projections
            explained = (amplitudes * projections).sum(axis=0)
            better = (amplitudes >= 0).all(axis=0) & (explained > most)
            np.copyto(best, amplitudes, where=better)
            np.copyto(most, explained, where=better)
        s0 = best.sum(axis=0)
        s0[(s0 == 0) | ~np.isfinite(s).all(axis=0)] = np.nan
        residual = np.sqrt(np.mean(np.square(s - curves @ best), axis=0)) / s0
        return (*(best / s0), residual)

    f1, f2, f3, residual = by_blocks(block, signal, 4, inside=inside, dtype=np.float64)
    return RestrictionFit((f1, f2, f3), residual)


def _compute(acquired: Acquisition, settings: DiffusionRequest) -> MapResult:
    signal, b = signal_and_b(acquired.get(Diffusion), settings)
    fit = restriction_spectrum(signal, b, acquired.regions.get("breast"))
    return MapResult(
        tuple(Volume(quantity, values) for quantity, values in zip(FRACTIONS, fit.fractions, strict=True)),
        fit=FitQuality(fit.residual, np.isfinite(fit.residual)),
    )


MAP = QuantitativeMap(
    reads=(Diffusion,),
    needs=(need_b_values(4, under=(2, 1000), over=(1, 1500)),),
    gives=FRACTIONS,
    compute=_compute,
)
