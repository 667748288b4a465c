"""What is said of a coordinator that does not answer."""

import socket
from pathlib import Path

from server.network import certificates
from shared.services import health


def test_a_closed_port_is_told_in_words(tmp_path: Path) -> None:
    certificates.create_authority(tmp_path, "mrfed test", b"words of a test")
    with socket.socket() as held:  # bound, and not listening
        held.bind(("127.0.0.1", 0))
        answer = health.ask("127.0.0.1", held.getsockname()[1], tmp_path / "ca.crt")
    assert answer.problem == "Connection refused"
