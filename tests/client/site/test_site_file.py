"""The site file."""

from pathlib import Path

import pytest

from client.site import site_file
from shared.errors import Code, MrfedError


def test_who_is_in_another_folder_is_told_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(MrfedError, match="there is no such file; go to the folder that mrfed-site init made") as caught:
        site_file.load(tmp_path / "site.yaml")
    assert caught.value.code is Code.SITE_INVALID
