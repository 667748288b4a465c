"""Files that a person names on a command line: read whole, or an error that says why not and what to do."""

from pathlib import Path

from shared.errors import Code, MrfedError


def read(path: Path, code: Code) -> bytes:
    """Content of a file.

    Parameters
    ----------
    path : as the person gave it
    code : of the error

    Raises
    ------
    MrfedError with the path, why it cannot be read, and what to do.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MrfedError(code, f"{path}: there is no such file; check the path") from error
    except IsADirectoryError as error:
        raise MrfedError(code, f"{path}: is a folder; name the file in it") from error
    except PermissionError as error:
        raise MrfedError(code, f"{path}: this account may not read it; ask for the right to") from error
    except OSError as error:
        raise MrfedError(code, f"{path}: cannot be read ({error.strerror}); check the disk") from error
