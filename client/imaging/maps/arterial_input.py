"""Population averages of the arterial concentration after an injection of 0.1 mmol/kg."""

import math

import numpy as np

from client.imaging.maps.acquisition import Array
from shared.sections.maps import ArterialInput


def parker(seconds: Array) -> Array:
    """Concentration in whole blood after Parker: two Gaussians and an exponential with a sigmoid.

    Parameters
    ----------
    seconds : (...) since the bolus entered the artery; zero before it did

    Returns
    -------
    (...) mmol/l

    Reference: Parker et al., Magnetic Resonance in Medicine 56 (2006) 993, equation 1 and table 1.
    """
    t = np.asarray(seconds, dtype=np.float64) / 60
    curve = 1.050 * np.exp(-0.1685 * t) / (1 + np.exp(-38.078 * (t - 0.483)))
    for area, sigma, centre in ((0.809, 0.0563, 0.17046), (0.330, 0.132, 0.365)):
        curve += area / (sigma * math.sqrt(2 * math.pi)) * np.exp(-((t - centre) ** 2) / (2 * sigma**2))
    return np.where(t >= 0, curve, 0.0)


# Table 3 of Georgiou et al. with more digits: fitted to the samples that were published with it, which the rounded
# values miss by up to 3.6 %. Each rounds to the value in the table. mmol/l and 1/min; minutes for beta and tau.
_DECAYS = ((0.374303, 0.112690), (0.331186, 1.174512), (10.060879, 16.019627))
_ALPHA, _BETA, _TAU = 5.266968, 0.0320789, 0.1285561


def georgiou(seconds: Array) -> Array:
    """Concentration in whole blood after Georgiou: gamma variates that recirculate, under three exponentials.

    Parameters
    ----------
    seconds : (...) since the bolus entered the artery; zero before it did

    Returns
    -------
    (...) mmol/l

    Reference: Georgiou et al., Magnetic Resonance in Medicine 81 (2019) 1955, equation 1 and table 3.
    """
    t = np.asarray(seconds, dtype=np.float64) / 60
    passes = np.zeros_like(t)
    for number in range(int(np.max(t, initial=0) / _TAU) + 1):
        # The n-th pass through the circulation: a gamma variate of n transits that begins (n - 1) tau later.
        since = np.maximum(t - number * _TAU, 1e-300)
        exponent = (number + 1) * _ALPHA + number
        log = exponent * np.log(since / _BETA) - since / _BETA - math.log(_BETA) - math.lgamma(exponent + 1)
        passes += np.where(t > number * _TAU, np.exp(log), 0.0)
    return passes * sum(amplitude * np.exp(-rate * np.maximum(t, 0)) for amplitude, rate in _DECAYS)


CURVES = {ArterialInput.PARKER: parker, ArterialInput.GEORGIOU: georgiou}


def plasma(blood: Array, haematocrit: float) -> Array:
    """Concentration in plasma, where the agent stays out of the cells: blood / (1 - haematocrit)."""
    return blood / (1 - haematocrit)
