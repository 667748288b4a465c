"""The site's launcher: runs the installed app whatever the coordinator pushes, and refuses the rest.

Beyond what `shared.services.flower.executor` does,

- the app that answers is the installed `client.node.app`, whatever the FAB names;
- every executable of Flower that could be started by name is replaced by one that refuses;
- an error leaves as a code, its text stays in the site's log.
"""

import importlib
import logging
import os
import shlex
from pathlib import Path

from flwr.app import Context, Error, Message

from client.node import flower_private
from client.node.flower_private import ErrorCode, ExecutionSpec, TaskType
from shared.errors import Code, MrfedError
from shared.services.flower.executor import InstalledProgramExecutor
from shared.services.pace import Pace

APP = "client.node.app"
"""The installed module whose `app` answers; imported before the first message."""

SWITCHED_OFF = 126
"""Exit status of a replaced executable: found, and not allowed to run."""

_log = logging.getLogger(__name__)


class InstalledAppExecutor(InstalledProgramExecutor):
    """Answers each message by the installed app.

    Parameters
    ----------
    pace : told of each task, so that the next look comes soon
    """

    def __init__(self, pace: Pace) -> None:
        super().__init__(pace, TaskType.CLIENT_APP)
        self._app = importlib.import_module(APP).app

    def run(self, spec: ExecutionSpec) -> None:
        """Answer one message."""
        flower_private.run_task(spec, lambda content: self.check(spec, content), self._run_app)

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
