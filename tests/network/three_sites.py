"""Three synthetic sites on the loopback interface, set up by the commands that people type."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from client.approval import approval
from client.site import site_file
from client.site.keys import Trust
from deploy.loopback import Federation
from shared.federation import roster
from shared.privacy.policy import model_sentence, sentence
from shared.study import study as studies
from tests.conftest import table_of

STUDY = Path(__file__).parent / "three-sites.yaml"
CONTINUES = STUDY.with_stem("three-sites-continues")
NOISE = STUDY.with_stem("three-sites-noise")
SITES = ("alpha", "beta", "gamma")


def settle(root: Path) -> list[Path]:
    """Write a folder for each site, with its table and site file."""
    folders = []
    for seed, name in enumerate(SITES):
        folder = root / name
        folder.mkdir(parents=True)
        table_of(name, 20 + 4 * seed, seed).to_csv(folder / "table.csv", index=False)
        site = {
            "name": name,
            "data": {"features": "table.csv"},
            "columns": {"ihc": "ihc", "ish": "ish"},
            "feature_columns": "f",
            "policy": {"minimum_patients": 1, "minimum_sites": 1, "reason": "the patients are synthetic"},
        }
        (folder / "site.yaml").write_text(yaml.safe_dump(site))
        folders.append(folder)
    return folders


def connect(federation: Federation, folders: Iterable[Path]) -> None:
    """Invite, admit and join the sites."""
    folders = list(folders)
    for folder in folders:
        federation.admit(federation.invite(folder.name, folder))
    federation.join(folders)


def approve(federation: Federation, folders: Iterable[Path], file: Path = STUDY) -> None:
    """Approve a study at every site, for one run: an approval answers no second one."""
    study, signed = studies.load(file), roster.load(federation.roster(file))
    for folder in folders:
        site = site_file.load(folder / "site.yaml")
        said = (sentence(site.name), model_sentence(study, site.name))
        accepted = tuple(sentence for sentence in said if sentence is not None)
        approval.approve(site.workspace, study, signed, site.policy, accepted, Trust(site).log)
