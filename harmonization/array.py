"""The array types of the harmonization."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
"""Indices of patients."""
Labels = NDArray[Any]
"""Batch labels, one a patient: strings or integers."""
