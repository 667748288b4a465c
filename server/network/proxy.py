"""The proxy: nginx, configured to show hospitals Flower's fleet and nothing else."""

import os
import shutil
import signal
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server.network import admitted
from server.network.settings import Coordinator
from shared.errors import Code, MrfedError
from shared.files import durable_file
from shared.services.flower.transport import Credentials
from shared.services.processes import Record

NAME = "proxy"
"""Among the coordinator's services."""

SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where nginx is looked for; distributions install it outside a person's PATH."""


def executable() -> str:
    """Path of nginx.

    Raises
    ------
    MrfedError if it is not installed.
    """
    nginx = shutil.which("nginx", path=SEARCHED)
    if nginx is None:
        raise MrfedError(
            Code.PROCESS,
            "nginx is not installed, and Flower must not face a network without it; on Debian run: "
            "apt-get install --no-install-recommends nginx-light",
        )
    return nginx


def configuration(keys: Path, folder: Path, listen: str, port: int, superlink: str, inner: Credentials) -> str:
    """Configuration file of nginx.

    Parameters
    ----------
    keys : folder with the certificates
    folder : for nginx's working files
    listen, port : interface and port that face the hospitals
    superlink : host and port of Flower's SuperLink
    inner : by which the proxy and the SuperLink know each other
    """
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 no HTML
    )
    return templates.get_template("nginx.conf.j2").render(
        keys=keys, folder=folder, listen=listen, port=port, superlink=superlink, inner=inner
    )


def write_members(coordinator: Coordinator) -> Path:
    """Write the certificates of all who are admitted, and returns their file."""
    certificates = [member.certificate for member in admitted.load(coordinator.admitted).sites.values()]
    # nginx takes no empty file; the authority itself lets nobody in, it has signed no hospital's certificate
    certificates.append((coordinator.keys / "ca.crt").read_text())
    path = coordinator.run / "members.pem"
    durable_file.write(path, "".join(certificates).encode())
    return path


def let_in_who_is_admitted(coordinator: Coordinator) -> None:
    """Tell the proxy who is admitted now; connections of whoever is not any more are closed within half a minute."""
    write_members(coordinator)
    record = Record.load(coordinator.processes)
    if record is not None and (process := record.services.get(NAME)) is not None and process.alive:
        os.kill(process.pid, signal.SIGHUP)


def write(coordinator: Coordinator) -> tuple[str, ...]:
    """Write the configuration of a coordinator's proxy; returns the command that starts it."""
    folder = coordinator.run
    (folder / "nginx").mkdir(mode=0o700, parents=True, exist_ok=True)
    write_members(coordinator)
    path = folder / "nginx.conf"
    settings = coordinator.settings
    text = configuration(
        coordinator.keys, folder, settings.listen, settings.port, coordinator.superlink, coordinator.inner
    )
    path.write_text(text)
    return (executable(), "-e", "stderr", "-p", str(folder), "-c", str(path))
