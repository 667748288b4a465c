"""Results that are signed, changed, signed by others, or not signed."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.errors import MrfedError
from shared.federation import identity, signed_result

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (1, 2))
OURS = [identity.public_hex(KEY)]
CONTENT = b'{"model": {"intercept": 0.25}}'


def test_a_sealed_result_reads_back(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_bytes(CONTENT)
    signed_result.seal(tmp_path, KEY)
    assert signed_result.load(tmp_path, OURS) == CONTENT


def test_a_changed_coefficient_shows(tmp_path: Path) -> None:
    signed_result.save(tmp_path, CONTENT, signed_result.sign(CONTENT, KEY))
    (tmp_path / "result.json").write_bytes(CONTENT.replace(b"0.25", b"0.35"))
    with pytest.raises(MrfedError, match="signature on its result"):
        signed_result.load(tmp_path, OURS)


def test_another_coordinators_signature_does_not_count(tmp_path: Path) -> None:
    signed_result.save(tmp_path, CONTENT, signed_result.sign(CONTENT, OTHER))
    with pytest.raises(MrfedError, match="another coordinator"):
        signed_result.load(tmp_path, OURS)
    stolen = signed_result.sign(CONTENT, OTHER).model_copy(update={"coordinator": OURS[0]})
    with pytest.raises(MrfedError, match="signature on its result"):
        signed_result.check(CONTENT, stolen, OURS)


def test_a_result_without_signature_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_bytes(CONTENT)
    with pytest.raises(MrfedError, match="with its signature"):
        signed_result.load(tmp_path, OURS)
