"""What maps add beside the radiomics: a summary of each in every region, and how well the models fitted."""

from collections.abc import Mapping

import numpy as np

from client.imaging.maps.quantity import FitQuality, Quantity
from client.imaging.maps.quantity import Volume as MapVolume
from client.imaging.maps.region_summary import region_summary
from client.imaging.radiomics.features import Features, Measured
from client.imaging.radiomics.missing import Missing
from client.imaging.volume import Mask, Volume

RESIDUAL, NOT_CONVERGED = "fit_residual.", "not_converged."
"""Before the name of a model: median residual of the tumour's voxels as a share of the signal, and the share of them
where the fit did not come to an end."""


def summaries(maps: Mapping[str, Volume], quantities: Mapping[str, Quantity], regions: Mapping[str, Mask]) -> Features:
    """Mean, spread, percentiles, skewness, kurtosis and entropy, as `MAP.REGION.original_summary_NAME`.

    Parameters
    ----------
    maps : name -> quantitative map
    quantities : name -> what the map is of; values outside its range are left out (quality control counts them)
    regions : name -> (z, y, x) mask
    """
    measured: Measured = {}
    for name, volume in maps.items():
        values = MapVolume(quantities[name], volume.voxels)
        for region, mask in regions.items():
            why = Missing.NOT_FINITE if mask.any() else Missing.EMPTY_REGION
            for feature, value in region_summary(values, mask > 0).items():
                measured[f"{name}.{region}.original_summary_{feature}"] = value if np.isfinite(value) else why
    return Features.of(measured)


def fit_findings(fits: Mapping[str, FitQuality], tumour: Mask) -> dict[str, float]:
    """Numbers for quality control of every model that was fitted.

    Parameters
    ----------
    fits : name of the model -> its quality
    tumour : (z, y, x)
    """
    findings = {}
    for name, fit in fits.items() if tumour.any() else ():
        residuals = fit.residual[tumour]
        given = residuals[np.isfinite(residuals)]
        findings[NOT_CONVERGED + name] = float(1 - fit.converged[tumour].mean())
        if given.size:
            findings[RESIDUAL + name] = float(np.median(given))
    return findings
