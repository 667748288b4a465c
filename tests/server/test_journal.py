"""Exchanges of a run as they lie on the disk."""

from pathlib import Path

import numpy as np
import pytest

from server.journal import Exchange, Journal
from shared.errors import MrfedError

EXCHANGE = Exchange("moments", {"sum": np.arange(3.0)}, {"alpha": {"u": np.ones(2)}}, {}, 0.1, 8, {"alpha": 8}, {}, {})


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.find("moments") is None
    journal.keep(EXCHANGE)
    computed = journal.find("moments")
    assert computed is not None
    np.testing.assert_array_equal(computed.totals["sum"], np.arange(3.0))
    np.testing.assert_array_equal(computed.clear["alpha"]["u"], np.ones(2))


@pytest.mark.parametrize("left", [0, 1, 100, -20])
def test_a_damaged_exchange_is_named_with_the_way_out(left: int, tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.keep(EXCHANGE)
    path = tmp_path / "moments.npz"
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(MrfedError, match=r"moments.npz: this exchange is damaged; remove the file"):
        journal.find("moments")
    with pytest.raises(MrfedError, match="damaged"):
        journal.receipts("alpha")
