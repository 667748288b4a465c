"""What a federation refuses, each shown first without the defence."""

import http.client
import json
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from client.node.unit import credentials
from deploy.loopback import BIN, CommandFailedError, Federation, Running, run
from server import submit
from server.network import admitted, settings
from server.network.admission import command
from server.network.settings import CONNECTION
from shared.errors import MrfedError
from shared.federation import node_certificate, node_key
from shared.services.flower.environment import environment
from shared.services.flower.transport import Credentials
from tests.network import foreign_app
from tests.network.conftest import Finished
from tests.network.hostile_coordinator import hostile
from tests.network.plain_node import PlainNode

pytestmark = [pytest.mark.network, pytest.mark.processes, pytest.mark.attack]

Gained = Callable[[str, str, str], None]


def connect(federation: Federation, port: int, own: Credentials | None) -> http.client.HTTPSConnection:
    """A connection to this machine by somebody who holds a certificate, or none."""
    authority = federation.coordinator / "keys" / "ca.crt"
    context = own.context() if own is not None else ssl.create_default_context(cafile=authority)
    return http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)


def status(
    federation: Federation,
    port: int,
    path: str,
    method: str = "POST",
    *,
    inner: bool = False,
    own: Credentials | None = None,
) -> int:
    """HTTP status of a request by somebody who holds a certificate: the coordinator's inner one, a hospital's, none."""
    connection = connect(federation, port, settings.load(federation.coordinator).inner if inner else own)
    try:
        connection.request(method, path, b"")
        return connection.getresponse().status
    finally:
        connection.close()


def list_nodes(federation: Federation, port: int, home: Path) -> dict[str, Any]:
    """What Flower's own command says of a federation's nodes to an account of this machine that has no key."""
    home.mkdir()
    authority = federation.coordinator / "keys" / "ca.crt"
    (home / "config.toml").write_text(
        f'[superlink.target]\naddress = "127.0.0.1:{port}"\nroot-certificates = "{authority}"\n'
    )
    done = subprocess.run(
        [str(BIN / "flwr"), "supernode", "list", "target", "--format", "json"],
        env=environment(home, "/usr/bin:/bin"),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        answer = {"success": False, "error-message": done.stderr}
    return answer


def test_flowers_control_answers_the_coordinators_own_processes_alone(
    federation: Federation, tmp_path: Path, gained: Gained
) -> None:
    inside = command(settings.load(federation.coordinator), "supernode", "list", CONNECTION)
    beside = list_nodes(federation, federation.superlink_port, tmp_path / "beside")
    outside = list_nodes(federation, federation.port, tmp_path / "outside")
    assert len(inside["nodes"]) >= 3
    assert not beside["success"]
    assert not outside["success"]
    assert "403" in outside["error-message"]
    gained(
        "Another account of the coordinator's machine, or a hospital, lists the nodes by Flower's control interface",
        f"{len(inside['nodes'])} nodes, without any key",
        "no connection without the inner certificate; 403 from the proxy",
    )


def test_a_run_with_code_of_its_own_is_refused_by_the_coordinators_executor(
    federation: Federation, tmp_path: Path, gained: Gained
) -> None:
    coordinator = settings.load(federation.coordinator)
    app = foreign_app.write(tmp_path / "foreign")
    answers = tmp_path / "answers.json"

    def push(log: Path) -> None:
        chosen = {"nodes": 0, "answers": f'"{answers}"', "witnesses": f'"{tmp_path}"'}
        told = " ".join(f"{name}={value}" for name, value in chosen.items())
        running = command(coordinator, "run", str(app), CONNECTION, "--run-config", told)
        submit.follow(int(running["run-id"]), coordinator, log, print)

    with pytest.raises(MrfedError, match="refused"):
        push(tmp_path / "refused.log")
    assert not answers.exists()
    with hostile(coordinator, tmp_path / "hostile.log"):
        push(tmp_path / "run.log")
    assert answers.exists()
    gained(
        "Push a ServerApp with foreign code to the coordinator",
        "Flower's executor runs it as the coordinator's account, which can read every key",
        "the executor runs the installed program alone",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/v1/control/list-runs",
        "/v1/control/start-run",
        "/v1/control/register-node",
        "/v1/runtime/acquire-task",
        "/v1/runtime/pull-task-input",
    ],
)
def test_a_hospital_does_not_reach_control_and_runtime(federation: Federation, path: str, gained: Gained) -> None:
    # Flower listens to the coordinator's own processes, and misses a message.
    assert status(federation, federation.superlink_port, path, inner=True) == 415
    assert status(federation, federation.port, path) == 403
    gained(f"A hospital reaches {path}", "Flower listens to anybody", "403 from the proxy")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/fleet/../control/list-runs",
        "/v1/fleet/%2e%2e/control/list-runs",
        "/v1/fleet/..%2fcontrol/list-runs",
        "/v1//control/list-runs",
        "//v1/control/list-runs",
        "/V1/control/list-runs",
        "/v1/fleet",
        "/docs",
        "/openapi.json",
        "/health/../v1/control/list-runs",
        "/",
    ],
)
def test_no_spelling_of_a_path_gets_around_the_proxy(federation: Federation, path: str, gained: Gained) -> None:
    behind = status(federation, federation.superlink_port, path, inner=True)
    assert behind != 403
    assert status(federation, federation.port, path) == 403
    assert status(federation, federation.port, path, "GET") == 403
    gained(f"A hospital asks for {path}", f"Flower answers ({behind})", "403 from the proxy")


def test_the_fleet_and_the_health_are_open(federation: Federation, folders: list[Path]) -> None:
    own = credentials(folders[0] / "workspace" / "network")
    assert status(federation, federation.port, "/health", "GET") == 200
    assert status(federation, federation.port, "/health", "POST") == 403
    assert status(federation, federation.port, "/v1/fleet/activate-node", "GET", own=own) == 403
    # Flower's own answer to no message
    assert status(federation, federation.port, "/v1/fleet/activate-node", own=own) == 415


def test_nobody_without_an_admitted_certificate_has_a_body_read(
    federation: Federation, tmp_path: Path, gained: Gained
) -> None:
    """The answer comes after the headers, of which nothing that they announce has been sent."""
    key = node_key.generate()
    stranger = Credentials(federation.coordinator / "keys" / "ca.crt", tmp_path / "node.crt", tmp_path / "node.key")
    stranger.certificate.write_bytes(node_certificate.make(key))
    stranger.key.write_bytes(node_certificate.for_tls(key))
    for own, refusal in ((None, 403), (stranger, 400)):
        connection = connect(federation, federation.port, own)
        connection.putrequest("POST", "/v1/fleet/push-object")
        connection.putheader("Content-Length", str(7 << 20))
        connection.endheaders()
        assert connection.getresponse().status == refusal
        connection.close()
    gained(
        "Fill the coordinator's memory from connections without a key",
        "Flower reads each body before it looks for a node's key: twenty connections took it from 154 to 747 MB",
        "refused at the headers, by the certificate of the connection",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/v1/control/list-runs%3f/../../fleet/",
        "/v1/control/list-runs%3f/../../fleet/activate-node",
        "/v1/runtime/..;/../fleet/activate-node",
        "/v1/fleet/%61ctivate-node",
        "/v1/fleet/./activate-node",
        "/v1/fleet/register-node",
        "/v1/fleet/activate-node?x=/v1/control/list-runs",
    ],
)
def test_a_hospital_reaches_flower_by_the_fleets_own_paths_alone(
    federation: Federation, folders: list[Path], path: str, gained: Gained
) -> None:
    own = credentials(folders[0] / "workspace" / "network")
    assert status(federation, federation.port, path, own=own) == 403
    gained(f"An admitted hospital asks for {path}", "Flower is handed the path as it was sent", "403 from the proxy")


def test_an_unregistered_node_is_refused(federation: Federation, plain_node: PlainNode, gained: Gained) -> None:
    with plain_node.started(federation) as process:
        assert not plain_node.connects(process)
        assert process.returncode != 0
    plain_node.register(federation)
    with plain_node.started(federation) as process:
        assert plain_node.connects(process)
    gained("An unregistered node connects", "it does, once its key is registered", "the connection is refused")


def test_a_site_that_was_not_admitted_does_not_join(federation: Federation, tmp_path: Path) -> None:
    federation.invite("delta", tmp_path / "delta")
    (tmp_path / "delta" / "dicom").mkdir()
    joining = Running("mrfed-site", "join", "--site", tmp_path / "delta" / "site.yaml", log=tmp_path / "join.log")
    with pytest.raises(CommandFailedError, match="not admitted, or not with these keys"):
        joining.wait_for("joined:")
    joining.stop()
    with pytest.raises(CommandFailedError, match="wait until you are admitted"):
        run("mrfed-site", "doctor", "--site", tmp_path / "delta" / "site.yaml")


def test_code_that_a_coordinator_pushes_runs_at_a_plain_node_and_at_no_site(
    federation: Federation, plain_node: PlainNode, tmp_path: Path, gained: Gained
) -> None:
    victim = plain_node.register(federation)
    app = foreign_app.write(tmp_path / "foreign")
    witnesses, answers = tmp_path / "witnesses", tmp_path / "answers.json"
    witnesses.mkdir()
    sites = admitted.load(settings.load(federation.coordinator).admitted).nodes
    with plain_node.started(federation) as process:
        assert plain_node.connects(process)
        chosen = {"nodes": len(sites) + 1, "answers": f'"{answers}"', "witnesses": f'"{witnesses}"'}
        coordinator = settings.load(federation.coordinator)
        with hostile(coordinator, tmp_path / "hostile.log"):
            running = command(
                coordinator,
                *("run", str(app), CONNECTION),
                *("--run-config", " ".join(f"{name}={value}" for name, value in chosen.items())),
            )
            submit.follow(int(running["run-id"]), coordinator, tmp_path / "run.log", print)
    said = json.loads(answers.read_text())
    assert said.pop(str(victim)) == "ran"
    assert set(said) == {str(node) for node in sites.values()}
    assert all(
        reason == "<class 'shared.services.flower.executor.RefusedError'>:<'refused'>" for reason in said.values()
    )
    assert [path.name for path in witnesses.iterdir()] == [str(victim)]
    gained(
        "Push an app bundle with foreign code",
        "it runs at a node as Flower comes",
        f"refused at all {len(sites)} sites, whose installed program runs whatever arrives",
    )


def test_a_registered_node_that_was_not_admitted_is_asked_nothing(finished: Finished, gained: Gained) -> None:
    assert finished.online  # Flower offers it to every run
    assert "Receiving" not in finished.stranger.log
    gained(
        "A node that is registered and was not admitted takes part",
        "Flower offers it to every run",
        "it is asked nothing: the coordinator knows which node is which site",
    )
