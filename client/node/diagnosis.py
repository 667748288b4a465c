"""What `doctor` looks at: whether this site can take part, one finding a line, each with its remedy."""

import datetime
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from client.node import self_test
from client.node.unit import Unit
from client.site import site_file
from client.site.tables import of_site
from shared.errors import Code, MrfedError
from shared.federation.introduction import Invitation
from shared.files import secret_file
from shared.services import health

FREE_DISK_GB = 5.0
CLOCK_AHEAD_S = 4.0
CLOCK_BEHIND_S = 240.0
"""Flower refuses a request that is dated 5 s into the future or 305 s into the past."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    what : in a word or two
    ok : whether the site can take part with it as it is
    text : what was found, and what to do where it is not ok
    """

    what: str
    ok: bool
    text: str


def findings(path: Path) -> Iterator[Finding]:
    """Look at everything, in the order in which a site is set up; stop where the rest cannot be told.

    Parameters
    ----------
    path : the site file
    """
    yield _environment()
    try:
        unit = Unit(site_file.load(path), path.resolve())
    except MrfedError as error:
        yield Finding("site file", False, error.text)
        return
    yield Finding("site file", True, f"{path}: {unit.site.name}")
    yield _data(unit)
    yield _disk(unit.site.workspace)
    yield _looked_at("keys", lambda: _keys(unit))
    try:
        invitation = unit.invitation()
    except MrfedError as error:
        yield Finding("invitation", False, error.text)
        return
    yield Finding("invitation", True, f"{invitation.federation}, coordinator {invitation.address}")
    reached = True
    for finding in _coordinator(invitation):
        reached &= finding.what != "coordinator" or finding.ok
        yield finding
    yield _looked_at("launcher", lambda: _launcher(unit, invitation))
    if reached:
        yield _looked_at("admission", lambda: _admission(unit, invitation))


def _environment() -> Finding:
    versions = f"mrfed {metadata.version('mrfed')}, flwr {metadata.version('flwr')}, Python {sys.version.split()[0]}"
    try:
        from shared.services.flower.executor import require_version

        require_version()
    except MrfedError as error:
        return Finding("versions", False, error.text)
    return Finding("versions", True, versions)


def _data(unit: Unit) -> Finding:
    data = unit.site.data
    try:
        tables = [of_site(path, unit.site) for path in (data.features, data.clinical) if path is not None]
    except MrfedError as error:
        return Finding("data", False, error.text)
    if data.dicom is not None and not (data.dicom.is_dir() and os.access(data.dicom, os.R_OK | os.X_OK)):
        return Finding("data", False, f"{data.dicom}: no folder that can be read; correct data.dicom in site.yaml")
    rows = ", ".join(f"{len(table)} rows" for table in tables)
    return Finding("data", True, f"{data.features or data.dicom}{f' and tables of {rows}' if rows else ''}")


def _disk(workspace: Path) -> Finding:
    folder = next(parent for parent in (workspace, *workspace.parents) if parent.exists())
    free_gb = shutil.disk_usage(folder).free / 1e9
    writable = os.access(folder, os.W_OK | os.X_OK)
    if not writable:
        return Finding("workspace", False, f"{folder}: cannot be written; correct workspace in site.yaml")
    if free_gb < FREE_DISK_GB:
        return Finding("workspace", False, f"{folder}: {free_gb:.1f} GB free, {FREE_DISK_GB:g} are needed; free some")
    return Finding("workspace", True, f"{folder}: {free_gb:.0f} GB free")


def _keys(unit: Unit) -> str:
    secret_file.check(unit.private_key)
    secret_file.check(unit.site.identity_key)
    return "readable by you alone"


def _coordinator(invitation: Invitation) -> Iterator[Finding]:
    host, port = invitation.endpoint
    answer = health.ask(host, port, invitation.ca_certificate)
    if answer.problem is not None:
        yield Finding(
            "coordinator",
            False,
            f"{invitation.address}: {answer.problem}; is it up, and does your firewall let this machine out to it?",
        )
        return
    yield Finding("coordinator", True, f"{invitation.address}: answers, by the invited certificate")
    if answer.clock is not None:
        ahead_s = (datetime.datetime.now(tz=datetime.UTC) - answer.clock).total_seconds()
        # The coordinator's seconds are cut off, so it may be up to one second later there.
        in_order = -CLOCK_BEHIND_S < ahead_s < CLOCK_AHEAD_S + 1
        remedy = "" if in_order else "; its requests would be refused, set this machine's clock by NTP"
        yield Finding(
            "clock", in_order, f"{abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} the coordinator{remedy}"
        )


def _launcher(unit: Unit, invitation: Invitation) -> str:
    if unit.running:
        return "was attacked before this site joined, as it is now"
    unit.prepare(invitation)
    self_test.attack(unit)
    return "code from outside is refused"


def _admission(unit: Unit, invitation: Invitation) -> str:
    host, port = invitation.endpoint
    if problem := health.ask(host, port, invitation.ca_certificate, unit.credentials).problem:
        raise MrfedError(
            Code.UNREACHABLE,
            f"{invitation.address}: {problem}; send the coordinator your introduction, and wait until you are admitted",
        )
    return "the coordinator knows this machine's certificate"


def _looked_at(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except MrfedError as error:
        return Finding(what, False, error.text)
