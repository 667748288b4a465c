"""Every private part of Flower 1.41 that a coordinator touches; no other file of the server imports one.

Flower's SuperLink takes connections from anybody, and its executor runs whatever ServerApp it is handed. This module
opens both joints and leaves what is put into them to `server.network.superlink` and `server.network.executor`.
"""

import importlib
import ssl
import sys
import time
from typing import Any

from flwr.app import Message
from flwr.common.serde import fab_to_proto, run_from_proto
from flwr.proto.control_pb2 import ListRunsRequest, StartRunRequest
from flwr.serverapp import ServerApp
from flwr.supercore.constant import TaskType
from flwr.supercore.control import ControlHttpClient
from flwr.supercore.fab import Fab
from flwr.supercore.inflatable.inflatable_utils import ObjectPullError
from flwr.supercore.interceptors import RuntimeVersionHttpInterceptor
from flwr.supercore.superexec.executor.types import ExecutionSpec

from shared.services.flower import fab
from shared.services.flower.executor import InstalledProgramExecutor
from shared.services.flower.transport import Credentials
from shared.services.pace import Pace

_superlink: Any = importlib.import_module("flwr.superlink.cli.flower_superlink")
_run_serverapp: Any = importlib.import_module("flwr.superlink.runtime.run_serverapp")
_serverapp_command: Any = importlib.import_module("flwr.superlink.cli.flwr_serverapp")


def run_superlink(own: Credentials) -> None:
    """Be `flower-superlink`, with the arguments in `sys.argv`, for holders of the coordinator's own certificate alone.

    Parameters
    ----------
    own : what the server shows, and what it asks of whoever connects
    """
    serve = _superlink.uvicorn.run

    def run(**settings: Any) -> None:
        settings |= {
            "ssl_certfile": str(own.certificate),
            "ssl_keyfile": str(own.key),
            "ssl_ca_certs": str(own.authority),
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
        }
        serve(**settings)

    _superlink.uvicorn.run = run
    _superlink.flower_superlink()


class InstalledServerAppExecutor(InstalledProgramExecutor):
    """Conducts each run by the installed ServerApp.

    Parameters
    ----------
    pace : told of each task, so that the next look comes soon
    app : the installed ServerApp
    """

    def __init__(self, pace: Pace, app: ServerApp) -> None:
        super().__init__(pace, TaskType.SERVER_APP)
        self._app = app

    def run(self, spec: ExecutionSpec) -> None:
        """Be `flwr-serverapp` for one run."""
        run = _run_serverapp.run_

        def run_installed(grid: Any, context: Any, **_: object) -> Any:
            return run(grid=grid, context=context, server_app_dir=str(fab.FOLDER), loaded_server_app=self._app)

        _run_serverapp.install_from_fab = lambda content, **_: self.check(spec, content)
        _run_serverapp.get_fab_metadata = lambda _: ("", "")
        _run_serverapp.get_project_dir = lambda *_: fab.FOLDER
        _run_serverapp.run_ = run_installed
        refuse_broken_replies()
        sys.argv = ["flwr-serverapp", "--runtime-api-address", spec.runtime_api_address, "--token", spec.token]
        sys.argv += ["--root-certificates", str(spec.root_certificates_path)]
        _serverapp_command.flwr_serverapp()


def refuse_broken_replies() -> None:
    """Have a reply whose parts do not make a message stand as that node's failure, in this process.

    Flower puts the replies of all nodes together at once, and an error in one of them would end the run.
    """
    grid: Any = importlib.import_module("flwr.superlink.grid.http_grid")
    pull, inflate = grid.pull_objects, grid.inflate_object_from_contents
    whole: dict[str, Any] = {}

    def pulled(object_ids: list[str], **how: Any) -> dict[str, bytes]:
        contents: dict[str, bytes] = pull(object_ids=object_ids, **how)
        root = object_ids[-1]
        try:
            message = inflate(root, dict(contents))
            if not isinstance(message, Message):
                raise TypeError(type(message).__name__)
        except Exception as error:  # the parts are a node's own bytes
            raise ObjectPullError(root, f"the parts make no message ({type(error).__name__})") from error
        whole[root] = message
        return contents

    grid.pull_objects = pulled
    grid.inflate_object_from_contents = lambda root, _: whole.pop(root)


def end_of_run(address: str, own: Credentials, pushed: bytes, timeout_s: float) -> str | None:
    """Push an app bundle, as whoever reaches Flower's Control interface can, and wait for the end of its run.

    Parameters
    ----------
    address : of the SuperLink
    own : the coordinator's own certificate; `transport.show` was called with it
    pushed : content of the bundle
    timeout_s : how long the run may take

    Returns
    -------
    what became of the run, in Flower's words; None where it had not ended in time.
    """
    client = ControlHttpClient.from_server_address(
        server_address=address,
        insecure=False,
        root_certificates=str(own.authority),
        interceptors=[RuntimeVersionHttpInterceptor(component_name="mrfed")],
    )
    started = client.StartRun(StartRunRequest(fab=fab_to_proto(Fab(fab.digest(pushed), pushed, {}))))
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        runs = client.ListRuns(ListRunsRequest(run_id=started.run_id)).run_dict
        status = run_from_proto(runs[started.run_id]).status
        if status.status == "finished":
            return f"{status.sub_status}: {status.details}"
        time.sleep(0.1)
    return None
