"""Which sites of a folder take part."""

from pathlib import Path

import pytest

from shared.errors import MrfedError
from shared.study import study as study_file
from simulations import participants

STUDY = study_file.named(Path("ki67-tables"))


def site(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    (folder / name / "site.yaml").write_text(f"name: {name}\ndata: {{features: features.csv}}\n")


def test_those_whom_the_study_asks(tmp_path: Path) -> None:
    for name in ("west", "east", "elsewhere"):
        site(tmp_path, name)
    assert [site.name for site in participants.sites(STUDY, tmp_path)] == ["east", "west"]


def test_a_folder_without_any_of_them_is_told_apart_from_sites_that_do_not_answer(tmp_path: Path) -> None:
    with pytest.raises(
        MrfedError, match=r"holds no folder with a site\.yaml, but ki67-tables needs north, east, south, west"
    ):
        participants.sites(STUDY, tmp_path)
    site(tmp_path, "elsewhere")
    with pytest.raises(MrfedError, match="holds elsewhere, but ki67-tables needs"):
        participants.sites(STUDY, tmp_path)
