"""Files that grow by lines: several processes at once, and what a power cut left."""

import subprocess
import sys

from client.site import line_file


def test_lines_of_several_processes_stay_whole(tmp_path):
    path = tmp_path / "folder" / "log"
    program = (
        "import sys; from pathlib import Path; from client.site import line_file\n"
        "for number in range(50):\n"
        "    with line_file.locked(Path(sys.argv[1])) as file:\n"
        "        line_file.add(file, (sys.argv[2] * 5000).encode())\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(path), letter]) for letter in "ab"]
    assert [one.wait() for one in writers] == [0, 0]
    assert sorted(path.read_text().split()) == ["a" * 5000] * 50 + ["b" * 5000] * 50


def test_what_was_not_finished_is_cut_off(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"first\n" + b"x" * 70_000 + b"\nunfini")
    with line_file.locked(path) as file:
        assert line_file.last_line(file) == (b"x" * 70_000, 6)
        line_file.add(file, b"next")
    assert path.read_bytes().split(b"\n")[-2:] == [b"next", b""]
    assert b"unfini" not in path.read_bytes()


def test_an_empty_file_has_no_last_line(tmp_path):
    with line_file.locked(tmp_path / "log") as file:
        assert line_file.last_line(file) == (b"", 0)
