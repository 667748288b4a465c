"""The coordinator's services: Flower's SuperLink, its executor, and the proxy before them."""

import sys
from pathlib import Path

from server.network import inner_certificate, proxy, self_test
from server.network.certificates import days_left
from server.network.settings import CONNECTION, EVERYWHERE, Coordinator
from shared.errors import Code, MrfedError
from shared.files import secret_file
from shared.services import health
from shared.services.flower.environment import environment
from shared.services.supervisor import Service

_BIN = Path(sys.executable).parent
"""Where this environment's executables lie."""


def flower_environment(coordinator: Coordinator) -> dict[str, str]:
    """Environment of Flower's processes and commands at the coordinator."""
    return environment(coordinator.flower, f"{_BIN}:/usr/bin:/bin")


def flwr(coordinator: Coordinator, *arguments: str) -> tuple[str, ...]:
    """A command line of Flower's own `flwr`, which shows the coordinator's inner certificate."""
    return (sys.executable, "-m", "server.network.flower_command", str(coordinator.run), *arguments)


def prepare(coordinator: Coordinator) -> None:
    """Check the secrets, make the inner certificate, tell Flower's commands where to connect.

    Raises
    ------
    MrfedError where others can read a secret, the authority's key lies open, or the server's certificate has ended.
    """
    if (coordinator.keys / "ca.key").exists():
        raise MrfedError(
            Code.REFUSED,
            f"{coordinator.keys / 'ca.key'}: the authority's key is not encrypted; run mrfed-coordinator renew, which "
            "encrypts it",
        )
    for name in ("server.key", "executor.secret", "identity.key"):
        secret_file.check(coordinator.keys / name)
    if days_left(coordinator.keys / "server.crt") <= 0:
        raise MrfedError(
            Code.REFUSED,
            f"{coordinator.keys / 'server.crt'}: has ended, and no hospital would connect; run mrfed-coordinator renew",
        )
    inner_certificate.renew(coordinator.run)
    coordinator.flower.mkdir(mode=0o700, parents=True, exist_ok=True)
    (coordinator.flower / "config.toml").write_text(
        f'[superlink]\ndefault = "{CONNECTION}"\n\n'
        f'[superlink.{CONNECTION}]\naddress = "{coordinator.superlink}"\n'
        f'root-certificates = "{coordinator.inner.authority}"\n'
    )


def services(coordinator: Coordinator) -> list[Service]:
    """What a coordinator runs, in the order of starting.

    Raises
    ------
    MrfedError if nginx is not installed.
    """
    variables = flower_environment(coordinator)
    keys, settings, inner = coordinator.keys, coordinator.settings, coordinator.inner
    superlink = Service(
        "superlink",
        (
            *(sys.executable, "-m", "server.network.superlink", str(coordinator.run)),
            *("--host", "127.0.0.1", "--port", str(settings.superlink_port)),
            *("--ssl-ca-certfile", str(inner.authority)),
            *("--ssl-certfile", str(inner.certificate), "--ssl-keyfile", str(inner.key)),
            "--enable-supernode-auth",
            *("--database", str(coordinator.flower / "superlink.db")),
            # With the executor in a process of its own, a run outlives a fall of the SuperLink.
            *("--isolation", "process", "--superexec-auth-secret-file", str(coordinator.executor_secret)),
            "--disable-runtime-dependency-installation",
        ),
        variables,
        lambda: health.ask("127.0.0.1", settings.superlink_port, inner.authority, inner).problem is None,
    )
    executor = Service(
        "executor",
        (
            *(sys.executable, "-m", "server.network.executor", str(coordinator.run)),
            *("--runtime-api-address", coordinator.superlink),
            *("--root-certificates", str(inner.authority)),
            *("--superexec-auth-secret-file", str(coordinator.executor_secret)),
        ),
        variables,
        # Before the door is opened both are attacked; an open one ends `up` with what was found.
        lambda: self_test.attack(coordinator, variables),
    )
    # Where the proxy faces one interface only, that is where it must answer.
    faces = "127.0.0.1" if settings.listen == EVERYWHERE else settings.listen
    door = Service(
        proxy.NAME,
        proxy.write(coordinator),
        variables,
        lambda: health.ask(faces, settings.port, keys / "ca.crt").problem is None,
    )
    return [superlink, executor, door]
