"""A model bundle: equal bytes for equal models, and nothing in it that was not signed."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.report.card import card
from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.results import bundle
from shared.results.result import Result
from tests.simulated_result import whole_result

KEY = Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def result() -> Result:
    return whole_result()


@pytest.fixture
def written(result: Result, tmp_path: Path) -> Path:
    path = tmp_path / bundle.NAME
    bundle.write(path, bundle.of_result(result), card(result), KEY, {"network.pt": b"weights"})
    return path


def test_it_reads_back(written: Path, result: Result) -> None:
    computed = bundle.read(written, [identity.public_hex(KEY)])
    assert computed.model.model == result.model
    assert computed.model.study == result.study
    assert computed.model.result == result.fingerprint
    assert computed.files == {"network.pt": b"weights"}
    assert computed.coordinator == identity.public_hex(KEY)
    assert result.notice in computed.card


def test_equal_models_give_equal_bytes(written: Path, result: Result, tmp_path: Path) -> None:
    again = tmp_path / "again"
    bundle.write(again, bundle.of_result(result), card(result), KEY, {"network.pt": b"weights"})
    assert again.read_bytes() == written.read_bytes()


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def swap(members: dict[str, bytes]) -> None:
    members["model.json"] = members["model.json"].replace(b'"reach_sd": 5.0', b'"reach_sd": 9.0')


def add(members: dict[str, bytes]) -> None:
    members["more.py"] = b"print()"


def drop(members: dict[str, bytes]) -> None:
    del members["card.md"]


@pytest.mark.parametrize("change", [swap, add, drop])
def test_what_was_not_signed_is_refused(change: Callable[[dict[str, bytes]], None], written: Path) -> None:
    rewritten(written, change)
    with pytest.raises(MrfedError, match="not those that were signed") as caught:
        bundle.read(written)
    assert caught.value.code is Code.REFUSED


def test_another_coordinators_is_refused(written: Path) -> None:
    with pytest.raises(MrfedError, match="another coordinator"):
        bundle.read(written, [identity.public_hex(Ed25519PrivateKey.generate())])


@pytest.mark.parametrize("content", [b"", b"PK nonsense"])
def test_no_bundle_is_said_in_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(MrfedError, match="not a model bundle"):
        bundle.read(tmp_path / "x")


def test_a_card_fills_in_what_software_knows_and_leaves_the_rest_to_the_authors(result: Result) -> None:
    text = card(result)
    items = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][1:]
    numbers = {item.rstrip("abcdef") for item in items}
    assert {str(number) for number in range(1, 28)} <= numbers
    assert text.count("author to complete") >= 10
    assert f"{sum(participant.patients for participant in result.participants)} patients" in text
