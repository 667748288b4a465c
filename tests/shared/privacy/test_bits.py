"""Bits that answers say of a discrete attribute, and that it holds."""

import numpy as np
import pytest

from shared.privacy.bits import Count, held, said, values_on_grid


def test_a_balanced_attribute_holds_nearly_a_bit_a_patient():
    assert held([200, 198]) == pytest.approx(398, abs=6)
    assert held([3, 1]) == pytest.approx(2)  # four places for the one
    assert held([40, 0]) == 0


def test_a_rare_attribute_holds_little():
    assert held([395, 5]) < 37 < held([390, 10])


def test_counts_over_known_groups_say_more_than_labels_hold():
    """66 permuted site labels of four sites over 398 patients: each count over about 100 patients."""
    counts = Count("patients of a permuted label with the attribute", 66 * 3 + 1, 101)
    assert said([counts]) > 3 * held([200, 198])


def test_real_numbers_on_a_grid():
    assert values_on_grid(0, 80, 1) == 81
    assert Count("sums of ages", 2, values_on_grid(0, 1, 2.0**-10)).bits == pytest.approx(2 * np.log2(1025))
