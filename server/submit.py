"""A run on the network: submitted to the SuperLink, followed to its end."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server import progress
from server.network.admission import command
from server.network.services import flower_environment, flwr
from server.network.settings import CONNECTION, Coordinator
from shared.errors import Code, MrfedError
from shared.services.flower import fab
from shared.study import study as study_file

RETRY_S = 1.0
_FAILED = "ServerApp failed with exception: "
"""Before the text of our own error, in Flower's details of a run that failed."""


def submit(study: Path, coordinator: Coordinator, output: Path) -> int:
    """Start a run of a study.

    Parameters
    ----------
    study : study file; a copy is kept in the output folder, and that is what is run
    coordinator : must be up
    output : folder for the result

    Returns
    -------
    Flower's number of the run.

    Raises
    ------
    MrfedError if the study is invalid or the coordinator refuses it.
    """
    loaded_study = study_file.load(study)
    output = output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    copy = output / "study.yaml"
    if study.resolve() != copy:
        shutil.copyfile(study, copy)
    settings = run_settings(coordinator, loaded_study.name, copy)
    answer = command(
        coordinator,
        *("run", str(fab.FOLDER), CONNECTION),
        *("--run-config", " ".join(f'{name}="{value}"' for name, value in settings.items())),
    )
    return int(answer["run-id"])


def run_settings(coordinator: Coordinator, study: str, copy: Path) -> dict[str, Path]:
    """Configuration of a run, which the coordinator's own app reads; a site refuses a run with any other.

    Parameters
    ----------
    coordinator : whose run it is
    study : its name
    copy : of the study file, in the output folder
    """
    return {
        "study-file": copy,
        "output-folder": copy.parent,
        "admitted-file": coordinator.admitted,
        "identity-file": coordinator.identity_key,
        "protocol-file": coordinator.protocol(study),
    }


def follow(run: int, coordinator: Coordinator, kept: Path, on_line: Callable[[str], None]) -> None:
    """Wait for the end of a run.

    Parameters
    ----------
    run : Flower's number of the run
    coordinator : must be up
    kept : file to which the log of the run is appended
    on_line : called with each line of the log that is meant for the coordinator: one for each exchange

    Raises
    ------
    MrfedError if the run failed or was stopped, with its last message.
    """
    while True:
        _stream(run, coordinator, kept, on_line)
        try:
            status, details = state(run, coordinator)
        except MrfedError:
            if not coordinator.running:
                raise
            time.sleep(RETRY_S)  # the SuperLink fell and is being started again; the run goes on
            continue
        if status == "finished:completed":
            return
        if status.startswith("finished"):
            raise MrfedError(Code.PROCESS, f"{details.removeprefix(_FAILED)}; the log of the run is {kept}")


def _stream(run: int, coordinator: Coordinator, kept: Path, on_line: Callable[[str], None]) -> None:
    with (
        kept.open("a") as file,
        subprocess.Popen(  # noqa: S603 ours
            flwr(coordinator, "log", str(run), CONNECTION, "--stream"),
            env=flower_environment(coordinator),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as log,
    ):
        assert log.stdout is not None
        for line in log.stdout:
            file.write(line)
            if (message := progress.message_of(line.rstrip())) is not None:
                on_line(message)


def state(run: int, coordinator: Coordinator) -> tuple[str, str]:
    """Status of a run in Flower's words, and details."""
    answer: dict[str, Any] = command(coordinator, "list", "--run-id", str(run), CONNECTION)
    (status,) = answer["runs"]
    return str(status["status"]), str(status["status-details"])
