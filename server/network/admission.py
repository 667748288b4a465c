"""Admission: a site's node is registered with Flower and written into the roster."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from server.network import roster
from server.network.roster import Member
from server.network.services import flower_environment, flwr
from server.network.settings import CONNECTION, Coordinator
from shared import node_key
from shared.errors import Code, MrfedError


def command(coordinator: Coordinator, *arguments: str) -> dict[str, Any]:
    """Run one of Flower's own commands against the running coordinator; returns its JSON answer.

    Raises
    ------
    MrfedError with the command's last words.
    """
    done = subprocess.run(  # noqa: S603 ours
        flwr(*arguments, "--format", "json"),
        env=flower_environment(coordinator),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        answer = {}
    if done.returncode == 0 and answer.get("success"):
        return answer
    said = str(answer.get("error-message") or done.stderr or done.stdout).strip().splitlines()
    raise MrfedError(
        Code.PROCESS,
        f"flwr {' '.join(arguments[:2])} failed: {' '.join(line.strip() for line in said[-4:])}; "
        f"is the coordinator up? mrfed-coordinator up {coordinator.folder}",
    )


def admit(coordinator: Coordinator, site: str, public_key: bytes, *, replace: bool = False) -> Member:
    """Let a site's node in.

    Parameters
    ----------
    coordinator : must be up
    site : the name by which studies call it
    public_key : content of the site's node.pub
    replace : the site has a new key; the old node is put out

    Raises
    ------
    MrfedError if the site or the key is admitted already, or Flower refuses.
    """
    fingerprint = node_key.fingerprint(public_key)
    admitted = roster.load(coordinator.roster)
    for other, member in admitted.sites.items():
        if member.fingerprint == fingerprint:
            raise MrfedError(Code.REFUSED, f"this key is admitted already, as site {other}; nothing to do")
    known = admitted.sites.get(site)
    if known is not None and not replace:
        raise MrfedError(
            Code.REFUSED,
            f"site {site} is admitted already with the key {known.fingerprint}; if it has a new one, use --replace",
        )
    if known is not None:
        command(coordinator, "supernode", "unregister", str(known.node), CONNECTION)
    with tempfile.TemporaryDirectory(dir=coordinator.folder) as folder:
        path = Path(folder) / "node.pub"
        path.write_bytes(public_key)
        answer = command(coordinator, "supernode", "register", os.fspath(path), CONNECTION, "--name", site)
    member = Member(node=int(answer["node-id"]), fingerprint=fingerprint)
    roster.save(admitted.admit(site, member), coordinator.roster)
    return member
