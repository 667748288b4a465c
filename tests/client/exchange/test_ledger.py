"""One question, one set of sites, one answer: through repetitions, changes, kills and two processes at once."""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.exchange.ledger import Asked, Ledger
from shared.errors import Code, MrfedError
from shared.files import durable_file

ASKED = Asked(run="run1", step="train-3", question="a" * 64, roster=("north", "south", "west"))


def never():
    raise AssertionError("computed again")


def test_a_repetition_gets_the_same_bytes_and_computes_nothing(tmp_path):
    content = bytes(range(256)) + b"\n\n{}"
    assert Ledger(tmp_path).answer(ASKED, lambda: content) == content
    assert Ledger(tmp_path).answer(ASKED, never) == content
    assert Ledger(tmp_path).answered() == (ASKED,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"question": "b" * 64}, "another question"),
        ({"roster": ("north", "south")}, "another set of sites"),
        ({"roster": ("south", "north", "west")}, "another set of sites"),
        ({"run": "run2"}, "another run"),
    ],
)
def test_another_question_for_the_same_step_is_refused(tmp_path, change, said):
    Ledger(tmp_path).answer(ASKED, lambda: b"sums")
    with pytest.raises(MrfedError, match=said) as error:
        Ledger(tmp_path).answer(replace(ASKED, **change), never)
    assert error.value.code is Code.REFUSED
    assert Ledger(tmp_path).answer(ASKED, never) == b"sums"


def test_steps_are_kept_apart_and_their_names_are_no_paths(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    for step in ("train-1", "train-2", "../../escape", "a/b"):
        ledger.answer(replace(ASKED, step=step), step.encode)
    assert {asked.step for asked in ledger.answered()} == {"train-1", "train-2", "../../escape", "a/b"}
    assert [path.name for path in tmp_path.iterdir()] == ["ledger"]


def test_an_answer_that_failed_to_compute_leaves_the_step_open(tmp_path):
    with pytest.raises(ZeroDivisionError):
        Ledger(tmp_path).answer(ASKED, lambda: bytes(1 // 0))
    assert Ledger(tmp_path).answer(ASKED, lambda: b"sums") == b"sums"


class Killed(BaseException):
    """Stands for the process ending at this very call."""


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
@pytest.mark.parametrize("when", range(3))
def test_killed_at_any_call_to_the_disk_the_answer_is_kept_whole_or_was_never_given(tmp_path, monkeypatch, call, when):
    """Whatever was returned before the kill is what every later question gets."""
    real = getattr(os, call)
    left = [when]

    def dying(*arguments, **named):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return real(*arguments, **named)

    returned = None
    with monkeypatch.context() as patch:
        patch.setattr(os, call, dying)
        with contextlib.suppress(Killed):
            returned = Ledger(tmp_path).answer(ASKED, lambda: b"first")
    again = Ledger(tmp_path).answer(ASKED, lambda: b"second")
    assert again == returned if returned else again in (b"first", b"second")
    assert Ledger(tmp_path).answer(ASKED, never) == again


@settings(max_examples=30)
@given(st.integers(0, 400))
def test_cut_off_at_any_byte_a_write_leaves_no_answer_behind(tmp_path_factory, length):
    folder = tmp_path_factory.mktemp("ledger")
    Ledger(folder).answer(ASKED, lambda: b"x" * 200)
    kept = next(folder.glob("*.answer"))
    whole = kept.read_bytes()
    kept.unlink()
    kept.with_name(f".{kept.name}.partial").write_bytes(whole[:length])
    assert Ledger(folder).answered() == ()
    assert Ledger(folder).answer(ASKED, lambda: b"new") == b"new"


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b.replace(b"sums", b"zero"), lambda b: b"", lambda b: b"[]\n"]
)
def test_a_damaged_answer_is_neither_given_nor_computed_anew(tmp_path, damage):
    Ledger(tmp_path).answer(ASKED, lambda: b"sums")
    kept = next(tmp_path.glob("*.answer"))
    kept.write_bytes(damage(kept.read_bytes()))
    with pytest.raises(MrfedError, match="damaged"):
        Ledger(tmp_path).answer(ASKED, never)


def test_answers_are_readable_by_their_owner_alone(tmp_path):
    Ledger(tmp_path / "ledger").answer(ASKED, lambda: b"sums")
    assert next((tmp_path / "ledger").glob("*.answer")).stat().st_mode & 0o077 == 0


def test_a_file_is_synced_before_its_name_and_the_name_before_the_return(tmp_path, monkeypatch):
    order = []
    for call in ("fsync", "replace"):
        real = getattr(os, call)
        monkeypatch.setattr(os, call, lambda *a, real=real, call=call, **k: (order.append(call), real(*a, **k))[1])
    durable_file.write(tmp_path / "x", b"1")
    assert order == ["fsync", "replace", "fsync"]


PROGRAM = """
import os, sys, time
from pathlib import Path
from client.exchange.ledger import Asked, Ledger
def compute():
    print("computing", flush=True)
    sys.stdin.readline()
    return sys.argv[2].encode()
asked = Asked("run1", "train-3", "a" * 64, ("north", "south", "west"))
print(Ledger(Path(sys.argv[1])).answer(asked, compute).decode(), flush=True)
"""


def start(folder, name):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=os.getcwd(),
        env={**os.environ, "PYTHONPATH": "."},
    )


@pytest.mark.processes
def test_two_processes_asked_at_once_give_one_answer_and_a_killed_one_frees_the_step(tmp_path):
    killed = start(tmp_path, "killed")
    assert killed.stdout.readline() == "computing\n"
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    first = start(tmp_path, "first")
    assert first.stdout.readline() == "computing\n"
    second = start(tmp_path, "second")  # waits for the lock, then finds the answer
    assert first.communicate("\n")[0] == "first\n"
    assert second.communicate("\n")[0] == "first\n"
