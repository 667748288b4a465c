"""Each model with tissue to simulate, in the order of the validation page.

The forward equations are written here once more, in plain numpy, independently of the code under test.
"""

from tests.validation.map_cases import cell_size, high_b, kurtosis, low_b, perfusion, relaxation
from tests.validation.map_cases.case import ModelCase

CASES: tuple[ModelCase, ...] = (
    *low_b.CASES,
    *kurtosis.CASES,
    *high_b.CASES,
    *cell_size.CASES,
    *relaxation.CASES,
    *perfusion.CASES,
)
