"""CovBat as its authors published it."""

import numpy as np

from tests.harmonization.reference import neuro_combat


def published(x, batch, age, share=0.95):
    """Chen 2022: ComBat, principal components of its standardized residuals, ComBat without EB on scores."""
    first = neuro_combat(x, batch, {"age": age}, continuous_cols=["age"])
    kept = (first["estimates"]["stand.mean"] + first["estimates"]["mod.mean"]).T
    residual = first["data"].T - kept
    centre, scale = residual.mean(axis=0), residual.std(axis=0, ddof=1)
    u, s, vt = np.linalg.svd((residual - centre) / scale, full_matrices=False)
    count = np.flatnonzero(np.cumsum(s**2 / (s**2).sum()) > share)[0] + 1
    scores = u * s
    scores[:, :count] = neuro_combat(scores[:, :count], batch, eb=False)["data"].T
    return scores @ vt * scale + centre + kept
