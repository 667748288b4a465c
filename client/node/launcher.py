"""The site's launcher: runs the installed app whatever the coordinator pushes, and refuses the rest.

Flower would unpack the app bundle (FAB) that a coordinator sends and run the code in it. Here

- a FAB is compared with the one that this site's own installation builds, and never unpacked;
- the app that answers is the installed `client.node.app`, whatever the FAB names;
- a task that is anything but a ClientApp is refused;
- nothing is installed at run time;
- every executable of Flower that could be started by name is replaced by one that refuses;
- an error leaves as a code, its text stays in the site's log.

The process that launches has everything imported already and forks one process per message, which costs
milliseconds where a start from nothing costs seconds.
"""

import ctypes
import importlib
import logging
import os
import shlex
import signal
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from flwr.app import Context, Error, Message

from client.node import flower_private
from client.node.flower_private import ErrorCode, ExecutionSpec, LaunchResult, TaskType
from shared.errors import Code, MrfedError
from shared.services.flower import fab
from shared.services.pace import Pace

APP = "client.node.app"
"""The installed module whose `app` answers; imported before the first message."""

SWITCHED_OFF = 126
"""Exit status of a replaced executable: found, and not allowed to run."""

_PR_SET_PDEATHSIG = 1
_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """A task that this site does not run; the text travels, so it is a code."""

    def __init__(self) -> None:
        super().__init__(Code.REFUSED.value)


class InstalledAppExecutor:
    """Starts a fork of this warm process for each task, in the place of Flower's executor.

    Parameters
    ----------
    pace : told of each task, so that the next look comes soon
    """

    def __init__(self, pace: Pace) -> None:
        flower_private.require_version()
        self._pace = pace
        self._app = importlib.import_module(APP).app
        self._accepted = fab.digest(fab.build())

    def get_eligible_capacity(self, supported_task_types: set[TaskType], **_: object) -> tuple[set[TaskType], set[str]]:
        """Take every type of task: those that are refused are refused with an answer."""
        return supported_task_types, set()

    def launch(self, spec: ExecutionSpec) -> LaunchResult:
        """Answer one task in a process of its own."""
        self._pace.note()
        parent = os.getpid()
        if os.fork() == 0:
            self._answer(spec, parent)
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

    def _answer(self, spec: ExecutionSpec, parent: int) -> NoReturn:
        status = 1
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(status)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)

            def check(content: bytes) -> None:
                if spec.task_type != TaskType.CLIENT_APP:
                    _log.error("refused a task of type %s: this site answers ClientApp tasks only", spec.task_type)
                    raise RefusedError
                if (found := fab.digest(content)) != self._accepted:
                    _log.error(
                        "refused the app bundle %s: this site runs its installed mrfed, whose bundle is %s; "
                        "if the coordinator means well, both sides need the same version",
                        found,
                        self._accepted,
                    )
                    raise RefusedError

            flower_private.run_task(spec, check, self._run_app)
        except SystemExit as ended:
            status = int(ended.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _run_app(self, message: Message, context: Context) -> Message:
        """Answer by the installed app; whatever goes wrong leaves as a code."""
        try:
            answer: Message = self._app(message, context)
        except Exception as error:
            _log.exception("the answer failed")
            code = error.code if isinstance(error, MrfedError) else Code.INTERNAL
            failure = Error(code=ErrorCode.CLIENT_APP_RAISED_EXCEPTION, reason=code.value)
            return Message(failure, reply_to=message)
        return answer


def replace_executables(folder: Path) -> None:
    """Fill a folder with a refusing executable for every name that Flower might start.

    Parameters
    ----------
    folder : to be first on the PATH of the site's processes
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in flower_private.executables():
        text = f"{name} is switched off at this site: mrfed runs its installed code only"
        script = f"#!/bin/sh\necho {shlex.quote(text)} >&2\nexit {SWITCHED_OFF}\n"
        partial = folder / f".{name}"
        partial.write_text(script)
        partial.chmod(0o555)
        os.replace(partial, folder / name)
