"""Admission: a site is invited, introduces itself, is registered with Flower, and may be named in rosters."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from server.network import admitted, proxy
from server.network.admitted import Member
from server.network.services import flower_environment, flwr
from server.network.settings import CONNECTION, Coordinator
from shared.errors import Code, MrfedError
from shared.federation import identity, roster
from shared.federation.introduction import Introduction, Invitation
from shared.federation.roster import Roster
from shared.study.study import Study


def command(coordinator: Coordinator, *arguments: str) -> dict[str, Any]:
    """Run one of Flower's own commands against the running coordinator; returns its JSON answer.

    Raises
    ------
    MrfedError (`UNREACHABLE`) where the coordinator is not up, or with the command's last words.
    """
    if not coordinator.running:
        raise MrfedError(
            Code.UNREACHABLE, f"{coordinator.folder}: not up; run mrfed-coordinator up in another terminal"
        )
    done = subprocess.run(  # noqa: S603 ours
        flwr(coordinator, *arguments, "--format", "json"),
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
    output = str(answer.get("error-message") or done.stderr or done.stdout).strip().splitlines()
    raise MrfedError(
        Code.PROCESS,
        f"flwr {' '.join(arguments[:2])} failed: {' '.join(line.strip() for line in output[-4:])}; see "
        f"{coordinator.run / 'superlink.log'}",
    )


def invite(coordinator: Coordinator, site: str) -> Invitation:
    """The signed invitation of a site.

    Raises
    ------
    MrfedError if the name is none for a site.
    """
    key = identity.load(coordinator.identity_key)
    try:
        return Invitation(
            site=site,
            identity=identity.public_hex(key),
            federation=coordinator.settings.federation,
            address=coordinator.address,
            ca_certificate=(coordinator.keys / "ca.crt").read_text(),
        ).signed(key)
    except ValidationError as error:
        raise MrfedError(
            Code.COORDINATOR_INVALID,
            f"{site}: no name for a site; use small letters, digits and hyphens, at most 32",
        ) from error


def admit(coordinator: Coordinator, introduced: Introduction, *, replace: bool = False) -> Member:
    """Let a site in.

    Parameters
    ----------
    coordinator : must be up
    introduced : the site's introduction, its signature checked
    replace : the site has new keys; its old node is put out

    Raises
    ------
    MrfedError if the site or its identity is admitted already, or Flower refuses.
    """
    known = admitted.load(coordinator.admitted)
    before = known.sites.get(introduced.site)
    for admitted_site, member in known.sites.items():
        if member.identity == introduced.identity and admitted_site != introduced.site:
            raise MrfedError(Code.REFUSED, f"this identity is admitted already, as site {admitted_site}; ask who it is")
    if before is not None and not replace:
        raise MrfedError(
            Code.REFUSED,
            f"site {introduced.site} is admitted already, with the fingerprint "
            f"{identity.fingerprint(before.identity)}; if it has new keys, use --replace",
        )
    if before is not None:
        command(coordinator, "supernode", "unregister", str(before.node), CONNECTION)
    with tempfile.TemporaryDirectory(dir=coordinator.folder) as folder:
        path = Path(folder) / "node.pub"
        path.write_text(introduced.node_key)
        answer = command(coordinator, "supernode", "register", str(path), CONNECTION, "--name", introduced.site)
    member = Member(identity=introduced.identity, node=int(answer["node-id"]), certificate=introduced.node_certificate)
    admitted.save(known.with_member(introduced.site, member), coordinator.admitted)
    proxy.let_in_who_is_admitted(coordinator)
    return member


def issue_roster(coordinator: Coordinator, study: Study) -> Roster:
    """The signed roster of a study.

    Raises
    ------
    MrfedError that names the sites of the study that have not been admitted.
    """
    known = admitted.load(coordinator.admitted).sites
    if missing := [site for site in study.federation.sites if site not in known]:
        raise MrfedError(
            Code.QUORUM,
            f"{study.name}: not admitted yet: {', '.join(missing)}; invite and admit them, or ask a study without them",
        )
    identities = {site: known[site].identity for site in study.federation.sites}
    return roster.issue(study, identities, identity.load(coordinator.identity_key))
