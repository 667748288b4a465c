"""The index: incremental, at home in odd folders, whole after it was killed."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from client.imaging.ingest import pixels
from client.imaging.ingest.examination import examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping
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
    monkeypatch.setattr("client.imaging.ingest.index._BATCH", 2)
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


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """Latin-1 names on a disk that a Windows share filled."""
    folder = tmp_path / "in" / os.fsdecode(b"Br\xfcste")
    written = write_dynamic(folder, phases=2, slices=2)
    (folder / os.fsdecode(b"besch\xe4digt.dcm")).write_bytes(b"")
    index = Index(tmp_path / "in", tmp_path / "index.sqlite")
    assert reads(index) == 5
    assert reads(index) == 0
    dynamic = examine(index.patient("P1"), Mapping()).dynamic()
    np.testing.assert_array_equal([pixels.load(phase, index.folder).voxels for phase in dynamic.phases], written)
    (fault,) = index.faults()
    assert fault.text == "Br\\udcfcste/besch\\udce4digt.dcm is empty (0 bytes); export it again"
    dynamic.phases[0].frames[0].path.encode("utf-8", "surrogateescape")
    (folder / "1-0001.dcm").unlink()
    with pytest.raises(MrfedError, match="cannot be opened") as caught:
        pixels.load(dynamic.phases[0], index.folder)
    caught.value.text.encode()
    assert reads(index) == 0
    assert len(index.patient("P1").frames) == 3


def test_links_that_lead_round_in_circles(tmp_path: Path) -> None:
    write_dynamic(tmp_path / "in" / "a", phases=1, slices=2)
    (tmp_path / "in" / "self").symlink_to("self")
    (tmp_path / "in" / "one").symlink_to("other")
    (tmp_path / "in" / "other").symlink_to("one")
    (tmp_path / "in" / "a" / "up").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "b").symlink_to(tmp_path / "in" / "a", target_is_directory=True)
    index = Index(tmp_path / "in", tmp_path / "index.sqlite")
    assert reads(index) == 2


AS_NOBODY = """
import os, sys
from pathlib import Path
from client.imaging.ingest import header, plain
from client.imaging.ingest.index import Index
from shared.errors import MrfedError
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
index = Index(Path(sys.argv[1]), Path(sys.argv[2]))
try:
    index.update()
except MrfedError as error:
    print(error.code, error.text)
else:
    print([fault.text for fault in index.faults()], index.patients())
"""


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that others may enter; those that pytest makes are closed to them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def as_nobody(folder: Path, database: Path) -> str:
    """What an index says where its user may do only what everybody may."""
    done = subprocess.run([sys.executable, "-c", AS_NOBODY, folder, database], capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.processes
def test_a_read_only_disk(shared_folder: Path) -> None:
    write_dynamic(shared_folder / "in", phases=1, slices=2)
    (shared_folder / "index.sqlite").touch()
    (shared_folder / "index.sqlite").chmod(0o444)
    shared_folder.chmod(0o555)
    try:
        said = as_nobody(shared_folder / "in", shared_folder / "index.sqlite")
    finally:
        shared_folder.chmod(0o755)
    assert "index cannot be used (attempt to write a readonly database); check free space and rights" in said


@pytest.mark.processes
def test_what_may_not_be_read_is_named(shared_folder: Path) -> None:
    write_dynamic(shared_folder / "in" / "a", phases=1, slices=2)
    write_dynamic(shared_folder / "in" / "b", phases=1, slices=2, patient="P2")
    (shared_folder / "work").mkdir()
    (shared_folder / "work").chmod(0o777)
    (shared_folder / "in" / "a" / "1-0002.dcm").chmod(0)
    (shared_folder / "in" / "b").chmod(0)
    try:
        said = as_nobody(shared_folder / "in", shared_folder / "work" / "index.sqlite")
    finally:
        (shared_folder / "in" / "b").chmod(0o755)
    assert "a/1-0002.dcm cannot be opened (Permission denied); check the rights" in said
    assert "b cannot be entered (Permission denied); check the rights" in said
    assert "['P1']" in said


@pytest.mark.processes
def test_a_full_disk(tmp_path: Path) -> None:
    write_dynamic(tmp_path / "in", phases=2, slices=40)
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n" + AS_NOBODY.replace(
        "os.getuid() == 0", "False"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "in", tmp_path / "index.sqlite"], capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "the index cannot be used (" in done.stdout
    assert "check free space and rights" in done.stdout


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
    monkeypatch.setattr("client.imaging.ingest.index._BATCH", 2)
    one, two = (Index(tmp_path / "in", tmp_path / f"{name}.sqlite") for name in ("one", "two"))
    one.update(workers=1)
    two.update(workers=2)
    assert one.patient("P1") == two.patient("P1")
