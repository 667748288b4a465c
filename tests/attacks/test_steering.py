"""A coordinator chooses the coefficients at which sites form a Hessian."""

import numpy as np
import pytest
from scipy.special import expit

from shared.errors import MrfedError
from shared.privacy.effective_sample_size import effective_number, require_effective_number

pytestmark = pytest.mark.attack


def test_steered_coefficients_isolate_one_patient(gained):
    random = np.random.default_rng(2)
    x = np.c_[np.ones(60), random.normal(size=(60, 12))]
    # Far out along any direction the logistic weight falls off exponentially: only who lies on the boundary counts.
    direction = random.normal(size=12)
    projected = x[:, 1:] @ direction
    victim = int(np.argmax(projected))
    steered = 200 * np.r_[-projected[victim], direction]
    risk = expit(x @ steered)
    weights = risk * (1 - risk)
    hessian = (x * weights[:, None]).T @ x
    _, vectors = np.linalg.eigh(hessian)
    row = vectors[:, -1] / vectors[0, -1]
    cosine = row @ x[victim] / np.linalg.norm(row) / np.linalg.norm(x[victim])
    assert cosine > 1 - 1e-12
    np.testing.assert_allclose(row, x[victim], rtol=1e-6)

    assert effective_number(weights) < 1.001
    with pytest.raises(MrfedError, match=r"single out 1\.0 patients"):
        require_effective_number(weights, 10, "train-1")
    fitted = expit(x @ np.r_[0.2, random.normal(size=12) * 0.3])
    require_effective_number(fitted * (1 - fitted), 10, "train-1")
    gained(
        "Steer coefficients to one patient",
        f"the patient's features, cosine {cosine:.6f}",
        "effective number of patients 1.0 < 10; refused",
    )
