"""Where a hospital without exports is told to go on."""

from functools import partial
from pathlib import Path

import pytest

from client.imaging.ingest import exports
from client.preparation.paths import feature_table
from client.preparation.prepare import prepare
from client.quality.check import check
from client.quality.repeatability import measure
from client.review.records import prepared
from client.site.site_file import Columns, Data, Site
from shared.errors import MrfedError
from shared.study import study as study_file
from tests.small_hospital import study

READY = study_file.named(Path("ki67-tables"))


def site(tmp_path: Path, **data: Path) -> Site:
    return Site(name="a", data=Data(**data), columns=Columns(ihc="ihc"), workspace=tmp_path)


@pytest.mark.parametrize("command", [check, prepare, prepared, partial(measure, patients=2)])
def test_a_study_of_ready_features_has_nothing_to_look_at_here(tmp_path: Path, command) -> None:
    with pytest.raises(MrfedError, match="there is nothing to check, prepare or review; go on with mrfed-site approve"):
        command(site(tmp_path, features=tmp_path / "table.csv"), READY)


def test_a_study_asks_for_the_kind_of_data_that_it_takes(tmp_path: Path) -> None:
    with pytest.raises(MrfedError, match=r"give data\.dicom in site\.yaml"):
        exports.folder(site(tmp_path, features=tmp_path / "table.csv"), study())
    with pytest.raises(MrfedError, match=r"ki67-tables takes ready features; give data\.features in site\.yaml"):
        feature_table(site(tmp_path, dicom=tmp_path), READY)
    assert exports.folder(site(tmp_path, dicom=tmp_path), study()) == tmp_path
