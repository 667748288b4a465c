"""The demonstration over a real network on this machine: `make demo-network`.

A coordinator behind its proxy and four hospitals, each with its own keys and processes, through the commands that
people type; the result is held against that of the same study in one process.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from deploy.loopback import Federation, leftovers, run

STUDY = Path("demo")
TOLERANCE = 1e-9
APART = ("exchanges", "provenance")
"""What differs between two runs: times, bytes, the name of the run, the heads of the audit logs."""


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)


def settle(cohort: Path, site: str, folder: Path) -> Path:
    """Give a hospital of the cohort a folder of its own on the network; returns its site file."""
    content = yaml.safe_load((cohort / site / "site.yaml").read_text())
    data = {name: str((cohort / site / path).resolve()) for name, path in content["data"].items()}
    # Some thirty patients a hospital, five folds and left-out sites isolate single patients: nobody real would agree.
    policy = {"minimum_patients": 1, "reason": "the patients are simulated"}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump({**content, "data": data, "policy": policy}, sort_keys=False))
    return path


def differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Where two results differ: numbers by more than the tolerance, all else at all."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name in one:
            yield from differences(one[name], other[name], f"{where}/{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{where}/{index}")
    elif isinstance(one, float) and isinstance(other, int | float):
        if abs(one - other) > TOLERANCE * max(1.0, abs(one)):
            yield f"{where}: {one} and {other}"
    elif one != other:
        yield f"{where}: {one} and {other}"


def content_of(folder: Path) -> dict[str, Any]:
    """What a result says, but for what differs between any two runs."""
    content = json.loads((folder / "result.json").read_text())
    return {name: value for name, value in content.items() if name not in APART}


def main(cohort: Path, out: Path) -> None:
    """Set everything up, run the study, compare, stop.

    Parameters
    ----------
    cohort : simulated hospitals
    out : folder for everything that is made; must not be there yet
    """
    sites = sorted(path.parent.name for path in cohort.glob("*/site.yaml"))
    folders = {site: out / "sites" / site for site in sites}
    for site, folder in folders.items():
        say(f"{site}: mrfed-site prepare")
        run("mrfed-site", "prepare", STUDY, "--site", settle(cohort, site, folder))
    with Federation(out / "federation") as federation:
        say("coordinator: SuperLink with TLS and node authentication, executor, proxy")
        for site, folder in folders.items():
            federation.admit(federation.invite(site, folder))
        roster = federation.roster(STUDY)
        for site, folder in folders.items():
            accepted = ("--accept", f"the sums of {site} can be concluded", "--yes")
            run("mrfed-site", "approve", STUDY, "--roster", roster, "--site", folder / "site.yaml", *accepted)
        say(f"hospitals: {', '.join(sites)} invited, admitted, approved; joining")
        federation.join(folders.values())
        federation.ask(STUDY, out / "network")
    if left := leftovers(out):
        sys.exit(f"processes are left: {left}")
    say("all processes stopped; the same study in one process")
    run("mrfed-simulate", "run", STUDY, "--cohort", out / "sites", "--out", out / "in-process")
    if found := list(differences(content_of(out / "network"), content_of(out / "in-process"))):
        sys.exit(f"the two results differ in {len(found)} places, first: {found[0]}")
    say(f"the two results are equal to {TOLERANCE:g}: {out / 'network' / 'report.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
