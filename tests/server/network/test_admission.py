"""Flower's own commands, as the coordinator gives them."""

from pathlib import Path

import pytest

from server.network.admission import command
from server.network.settings import Coordinator, Settings, load
from shared.errors import Code, MrfedError


def test_a_coordinator_that_is_not_up_is_told_so_and_not_what_flower_says(tmp_path: Path) -> None:
    with pytest.raises(MrfedError, match="not up; run mrfed-coordinator up in another terminal") as caught:
        command(Coordinator(tmp_path, Settings(federation="tryout", host="localhost")), "list")
    assert caught.value.code is Code.UNREACHABLE


def test_a_folder_without_a_coordinator_is_named(tmp_path: Path) -> None:
    with pytest.raises(MrfedError, match="no coordinator is here; name its folder, or make one with mrfed-coordinator"):
        load(tmp_path)
