"""Powers of two for sums."""

import numpy as np

from shared.contract import scales
from shared.contract.scales import NOTHING, Scales


def test_scales_lie_above_the_root_mean_square_and_the_largest_wins() -> None:
    values = np.array([[3.0, 0.0, 1e200], [4.0, 0.0, -1e200]])
    assert scales.exponent(values).tolist() == [2, NOTHING, np.frexp(1e200)[1]]  # rms 3.54 < 2^2
    one = {name: np.array([1, 5]) for name in Scales.__dataclass_fields__}
    other = {name: np.array([2, 3]) for name in Scales.__dataclass_fields__}
    agreed = Scales.agree([one, other])
    assert agreed.spread.tolist() == [2, 5]
    assert agreed.over([1, 3]).covariate_spread.tolist() == [2, 5, 5, 5]
    assert scales.by_covariate(np.array([1, 7, 4]), [1, 2, 0]).tolist() == [1, 7, NOTHING]
