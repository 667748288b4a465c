"""The environment in which every Flower process of ours runs."""

import os
from pathlib import Path

_KEPT = ("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "OMP_NUM_THREADS", "MRFED_TEST_DATA")


def environment(home: Path, path: str) -> dict[str, str]:
    """Variables for a Flower process, built and not inherited: no secret of the caller's, no path to code of others
    (`PYTHONPATH`, `LD_PRELOAD`), no telemetry, no update check.

    Parameters
    ----------
    home : folder for Flower's own files (`FLWR_HOME`)
    path : where it finds the executables that it starts by name
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "PATH": path,
        "FLWR_HOME": str(home),
        # A hospital's machine talks to its coordinator and to nobody else.
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
        "PYTHONUNBUFFERED": "1",
        # No code but what is installed: neither that of the folder it is started in nor that of the account.
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
    }
