"""Names for a patient's files that tell nobody who it is: a keyed hash, the key of which stays in the workspace."""

import hmac
import secrets
from pathlib import Path

from shared.files import durable_file

_KEY_BYTES = 32


class Pseudonyms:
    """Pseudonyms of one site.

    Parameters
    ----------
    workspace : of the site; the key is made there, once
    """

    def __init__(self, workspace: Path) -> None:
        path = workspace / "pseudonyms.key"
        if not path.exists():
            durable_file.write(path, secrets.token_bytes(_KEY_BYTES))
        self._key = path.read_bytes()

    def of(self, patient: str) -> str:
        """Pseudonym of a patient: 16 hexadecimal digits, the same each time."""
        return hmac.digest(self._key, patient.encode(), "sha256").hex()[:16]
