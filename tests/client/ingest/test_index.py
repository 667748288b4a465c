"""The index: incremental, at home in odd folders, whole after it was killed."""

import os
from pathlib import Path

import numpy as np
import pytest

from client.ingest.index import Index
from shared.errors import Code, MrfedError
from tests.exports import write_dynamic, write_volume


class KilledError(Exception):
    """Stands for whatever ends a run."""


def reads(index: Index) -> int:
    """Bring the index up to date; how many files were read."""
    done = [0]
    index.update(progress=lambda count, _: done.append(count))
    return done[-1]


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    write_dynamic(tmp_path / "in", phases=2, slices=3)
    index = Index(tmp_path / "in", tmp_path / "index.sqlite")
    assert reads(index) == 6
    assert reads(index) == 0
    before = index.digests("P1")
    path = sorted((tmp_path / "in").iterdir())[0]
    os.utime(path, (1, 1))
    assert reads(index) == 1
    assert index.digests("P1") == before, "touched, but the same bytes"
    path.unlink()
    assert reads(index) == 0
    assert len(index.digests("P1")) == 5
    assert len(index.patient("P1").frames) == 5


def test_killed_at_any_moment_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dynamic(tmp_path / "in", phases=2, slices=3)
    monkeypatch.setattr("client.ingest.index._BATCH", 2)
    index = Index(tmp_path / "in", tmp_path / "index.sqlite")

    def kill(done: int, _: int) -> None:
        if done == 4:
            raise KilledError

    with pytest.raises(KilledError):
        index.update(progress=kill)
    assert reads(index) == 2
    assert len(index.patient("P1").frames) == 6


def test_mixed_folders_with_odd_names_and_links(tmp_path: Path) -> None:
    folder = tmp_path / "données du 1er janvier" / "Brüste ♥"
    write_dynamic(folder, phases=1, slices=2, patient="P 1/ü")
    write_volume(folder / "deep" / "er", np.ones((1, 6, 8)), patient="P2")
    (folder / "notes.txt").write_text("nothing")
    (folder / "broken.dcm").write_bytes(b"")
    (folder / "around").symlink_to(tmp_path, target_is_directory=True)
    (folder / "nowhere").symlink_to(tmp_path / "missing")
    index = Index(tmp_path, tmp_path / "index.sqlite")
    index.update()
    assert index.patients() == ["P 1/ü", "P2"]
    (fault,) = index.faults()
    assert fault.path.endswith("broken.dcm")
    assert index.others()["not DICOM"] >= 1


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe")
    index = Index(tmp_path / "in", tmp_path / "index.sqlite")
    index.update()
    assert index.patients() == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MrfedError, match="there is no such folder") as caught:
        Index(tmp_path / "gone", tmp_path / "index.sqlite").update()
    assert caught.value.code is Code.DATA_MISSING


def test_a_damaged_index_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "index.sqlite").write_bytes(b"no database, but long enough to be taken for one" * 20)
    with pytest.raises(MrfedError, match="delete it"):
        Index(tmp_path / "in", tmp_path / "index.sqlite").update()


def test_workers_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dynamic(tmp_path / "in", phases=2, slices=3)
    monkeypatch.setattr("client.ingest.index._BATCH", 2)
    one, two = (Index(tmp_path / "in", tmp_path / f"{name}.sqlite") for name in ("one", "two"))
    one.update(workers=1)
    two.update(workers=2)
    assert one.patient("P1") == two.patient("P1")
