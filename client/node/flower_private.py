"""Every private part of Flower 1.41 that a site touches; no other file of the client imports one.

Flower runs at a site whatever code its coordinator pushes, waits in fixed steps of seconds, and starts a
process per message from an executable found by name. This module opens the joints that only a site has and leaves what
is put into them to `client.node.launcher` and `client.node.supernode`; those of the executor, which a coordinator has
too, are in `shared.services.flower.executor`. Nothing here is promised by Flower, so another minor version is refused.
"""

import importlib
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import uvicorn
from flwr.app import Context, Message, RecordDict
from flwr.app.message import make_message
from flwr.app.metadata import Metadata
from flwr.common.constant import ErrorCode
from flwr.supercore.constant import TASK_TYPE_TO_COMMAND, TaskType
from flwr.supercore.date import now
from flwr.supercore.fab import Fab
from flwr.supercore.object_store import ObjectStoreFactory
from flwr.supercore.run import Run
from flwr.supercore.superexec.executor.types import ExecutionSpec
from flwr.supernode.main import create_app
from flwr.supernode.nodestate import NodeStateFactory

from shared.services.flower import fab, waits
from shared.services.flower.executor import Waiting

__all__ = ["ErrorCode", "ExecutionSpec", "TaskType"]

_run_clientapp: Any = importlib.import_module("flwr.supernode.runtime.run_clientapp")
_start_client: Any = importlib.import_module("flwr.supernode.start_client_internal")

App = Callable[[Message, Context], Message]


def executables() -> frozenset[str]:
    """Names of all executables that Flower installs or starts by name."""
    installed = metadata.distribution("flwr").entry_points.select(group="console_scripts")
    return frozenset(point.name for point in installed) | frozenset(TASK_TYPE_TO_COMMAND.values())


def run_node(waiting: Waiting, connected: Callable[[int], None]) -> None:
    """Be `flower-supernode`, with the arguments in `sys.argv`.

    Parameters
    ----------
    waiting : waits between two looks for a message (3 s in Flower) and for its answer (0.5 s)
    connected : called with the node's number once the coordinator has let it in
    """
    from flwr.supernode.cli.flower_supernode import flower_supernode

    connect = _start_client._init_connection

    @contextmanager
    def announced(**arguments: Any) -> Iterator[Any]:
        with connect(**arguments) as connection:
            connected(connection[0])
            yield connection

    _start_client._init_connection = announced
    _start_client.time = waiting
    waits.shorten()
    flower_supernode()


def run_task(spec: ExecutionSpec, check: Callable[[bytes], None], app: App) -> None:
    """Be `flwr-clientapp` for one task, in a process of its own; ends with `SystemExit`.

    Parameters
    ----------
    spec : the task
    check : called with the content of the FAB in place of its installation; raises to refuse it
    app : answers the message, whatever app the FAB names
    """
    sys.argv[0] = TASK_TYPE_TO_COMMAND[spec.task_type]
    _run_clientapp.install_from_fab = lambda content, **_: check(content)
    _run_clientapp.get_load_client_app_fn = lambda **_: lambda *_: app
    _run_clientapp.run_clientapp(
        runtime_api_address=spec.runtime_api_address,
        token=spec.token,
        insecure=spec.insecure,
        certificates=None,
        parent_pid=None,
        runtime_dependency_install=False,
    )


@dataclass(frozen=True)
class Offer:
    """A task that a coordinator might send: its type and the FAB that comes with it."""

    task_type: TaskType
    fab: bytes


class Rehearsal:
    """A node's side of the conversation with its executor, without a coordinator: real API, made-up tasks.

    Parameters
    ----------
    port : on the loopback interface
    secret : what the executor signs its requests with
    """

    def __init__(self, port: int, secret: bytes) -> None:
        self._states = NodeStateFactory(objectstore_factory=ObjectStoreFactory())
        self._server = uvicorn.Server(
            uvicorn.Config(
                create_app(self._states, secret),
                host="127.0.0.1",
                port=port,
                log_level="warning",
                access_log=False,
            )
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> "Rehearsal":
        self._states.state().set_node_id(1)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def offer(self, offer: Offer) -> None:
        """Put a task before the executor, as a node does with a message from its coordinator."""
        state, run_id = self._states.state(), secrets.randbits(62)
        run = Run.create_empty(run_id)
        run.fab_hash, run.fab_id, run.fab_version = fab.digest(offer.fab), "foreign/foreign", "1.0.0"
        run.series_id = run_id
        state.store_run(run)
        state.store_fab(Fab(run.fab_hash, offer.fab, {}))
        context = Context(run_id=run_id, node_id=1, node_config={}, state=RecordDict(), run_config={}, series_id=run_id)
        state.set_run_series_context(run_id, context)
        state.create_task(task_type=offer.task_type, run_id=run_id, fab_hash=run.fab_hash)
        heading = Metadata(
            run_id=run_id,
            message_id="",
            src_node_id=1,
            dst_node_id=1,
            reply_to_message_id="",
            group_id="",
            created_at=now().timestamp(),
            ttl=600.0,
            message_type="query",
        )
        message = make_message(metadata=heading, content=RecordDict())
        _start_client._insert_message(message, state, self._states.objectstore_factory.store())

    def wait_for_answers(self, number: int, timeout_s: float) -> list[Message]:
        """The next answers; fewer than asked for when time is over."""
        deadline = time.monotonic() + timeout_s
        answers: list[Message] = []
        while len(answers) < number and time.monotonic() < deadline:
            answers += self._states.state().get_messages_legacy(is_reply=True)
            time.sleep(0.02)
        return answers
