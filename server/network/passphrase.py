"""The passphrase of the authority's key: typed by a person, or from a file that only its owner reads."""

import getpass
import sys
from pathlib import Path

from shared.errors import Code, MrfedError
from shared.files import secret_file

LEAST_CHARACTERS = 12


def ask(file: Path | None, *, new: bool) -> bytes:
    """The passphrase.

    Parameters
    ----------
    file : whose first line it is; None to ask the person at the terminal
    new : it is chosen now: asked twice, and refused where it is short

    Raises
    ------
    MrfedError where there is neither a file nor a terminal, or where it is short or mistyped.
    """
    if file is not None:
        secret_file.check(file)
        words = file.read_text().partition("\n")[0]
    elif sys.stdin.isatty():
        words = getpass.getpass("Passphrase of the authority's key: ")
        if new and getpass.getpass("Once more: ") != words:
            raise MrfedError(Code.COORDINATOR_INVALID, "the two passphrases differ; type it anew")
    else:
        raise MrfedError(
            Code.COORDINATOR_INVALID,
            "the passphrase of the authority's key is missing; run this at a terminal, or give --passphrase-file",
        )
    if new and len(words) < LEAST_CHARACTERS:
        raise MrfedError(
            Code.COORDINATOR_INVALID, f"the passphrase has {len(words)} characters; take at least {LEAST_CHARACTERS}"
        )
    return words.encode()
