"""The proxy: nginx, configured to show hospitals Flower's fleet and nothing else."""

import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server.network.settings import Coordinator
from shared.errors import Code, MrfedError
from shared.services.flower.transport import Credentials

SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where nginx is looked for; distributions install it outside a person's PATH."""


def executable() -> str:
    """Path of nginx.

    Raises
    ------
    MrfedError if it is not installed.
    """
    found = shutil.which("nginx", path=SEARCHED)
    if found is None:
        raise MrfedError(
            Code.PROCESS,
            "nginx is not installed, and Flower must not face a network without it; on Debian run: "
            "apt-get install --no-install-recommends nginx-light",
        )
    return found


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


def write(coordinator: Coordinator) -> tuple[str, ...]:
    """Write the configuration of a coordinator's proxy; returns the command that starts it."""
    folder = coordinator.run
    (folder / "nginx").mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "nginx.conf"
    settings = coordinator.settings
    text = configuration(
        coordinator.keys, folder, settings.listen, settings.port, coordinator.superlink, coordinator.inner
    )
    path.write_text(text)
    return (executable(), "-e", "stderr", "-p", str(folder), "-c", str(path))
