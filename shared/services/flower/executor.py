"""An executor of Flower's that runs the installed program, whatever app bundle arrives, at a site and a coordinator.

Flower would unpack the app bundle (FAB) that it is handed and run the code in it. Here

- a FAB is compared with the one that this installation builds, and never unpacked;
- the app that runs is the installed one, whatever the FAB names;
- a task of any other type than the one that belongs here is refused;
- nothing is installed at run time.

The process that launches has everything imported already and forks one process per task, which costs milliseconds
where a start from nothing costs seconds.
"""

import ctypes
import importlib
import logging
import os
import signal
import sys
import traceback
from importlib import metadata
from typing import Any, NoReturn, Protocol

from flwr.supercore.constant import TaskType
from flwr.supercore.exit.exit_handler import registered_exit_handlers
from flwr.supercore.superexec.executor.types import ExecutionSpec, LaunchResult

from shared.errors import Code, MrfedError
from shared.services.flower import fab, waits
from shared.services.pace import Pace

VERSION = "1.41."

_PR_SET_PDEATHSIG = 1
_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """A task that is not run here; the text travels, so it is a code."""

    def __init__(self) -> None:
        super().__init__(Code.REFUSED.value)


class Waiting(Protocol):
    """What takes the place of the module `time` where Flower waits."""

    def sleep(self, seconds: float) -> None:
        """Wait in Flower's stead."""


def require_version() -> None:
    """Refuse a Flower whose insides were not read.

    Raises
    ------
    MrfedError if the installed Flower is not of the pinned minor version.
    """
    installed = metadata.version("flwr")
    if not installed.startswith(VERSION):
        raise MrfedError(
            Code.REFUSED,
            f"flwr {installed} is installed, mrfed knows {VERSION}x; install mrfed anew with its pins",
        )


class InstalledProgramExecutor:
    """Starts a fork of this warm process for each task, in the place of Flower's executor.

    Parameters
    ----------
    pace : told of each task, so that the next look comes soon
    accepts : the one type of task that is run here
    """

    def __init__(self, pace: Pace, accepts: TaskType) -> None:
        require_version()
        self._pace = pace
        self._accepts = accepts
        self._accepted = fab.digest(fab.build())

    def run(self, spec: ExecutionSpec) -> None:
        """Run one task in this process, a fork made for it; ends with `SystemExit`."""
        raise NotImplementedError

    def check(self, spec: ExecutionSpec, content: bytes) -> None:
        """Refuse a task of another type, or with another FAB.

        Parameters
        ----------
        spec : the task
        content : of the FAB

        Raises
        ------
        RefusedError, after what is wrong was logged.
        """
        if spec.task_type != self._accepts:
            _log.error("refused a task of type %s: only %s runs here", spec.task_type, self._accepts)
            raise RefusedError
        if (arrived := fab.digest(content)) != self._accepted:
            _log.error(
                "refused the app bundle %s: the installed mrfed runs here, whose bundle is %s; if the other side means "
                "well, both sides need the same version",
                arrived,
                self._accepted,
            )
            raise RefusedError

    def get_eligible_capacity(self, supported_task_types: set[TaskType], **_: object) -> tuple[set[TaskType], set[str]]:
        """Take every type of task: those that are refused are refused with an answer."""
        return supported_task_types, set()

    def launch(self, spec: ExecutionSpec) -> LaunchResult:
        """Run one task in a process of its own."""
        self._pace.note()
        parent = os.getpid()
        if os.fork() == 0:
            self._run_and_exit(spec, parent)
        return LaunchResult.accepted()

    def reconcile(self) -> None:
        """Take note of the processes that have ended."""
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return

    def close(self) -> None:
        """Nothing is held."""

    def _run_and_exit(self, spec: ExecutionSpec, parent: int) -> NoReturn:
        status = 1
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(status)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)
            registered_exit_handlers.clear()  # those of the process that this one was forked from
            self.run(spec)
        except SystemExit as ended:
            status = int(ended.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)


def serve(executor: InstalledProgramExecutor, waiting: Waiting) -> None:
    """Be `flower-superexec`, with the arguments in `sys.argv` and an executor of ours; Flower's own waits 1 s."""
    from flwr.supercore.cli.flower_superexec import flower_superexec

    superexec: Any = importlib.import_module("flwr.supercore.superexec.run_superexec")
    superexec.get_executor = lambda *_, **__: executor
    superexec.time = waiting
    waits.shorten()
    flower_superexec()
