"""The commands by which a hospital approves, revokes, withdraws and looks at its log."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest
import typer
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from client.approval import approval
from client.commands import audit
from client.commands.approve import approve
from client.commands.revoke import revoke
from client.commands.withdraw import withdraw
from client.site import site_file
from client.site.keys import Trust
from client.site.withdrawal import withdrawn
from shared.errors import MrfedError
from shared.federation import identity, roster
from tests.least_study import least_study

app = typer.Typer()
for command in (approve, revoke, withdraw):
    app.command()(command)
app.add_typer(audit.app, name="audit")

SITES = ("north", "south", "west", "east")
SENTENCE = "the sums of north can be concluded"


class Hospital:
    """A site with a ready table, and the coordinator's files beside it."""

    def __init__(self, folder):
        self.folder = folder
        classes = ["0", "1+"] * 30
        table = pd.DataFrame({"patient": [f"p{n:02}" for n in range(60)], "ihc": classes})
        for name in ("f1", "f2"):
            table[name] = np.linspace(0, 1, 60)
        table.to_csv(folder / "table.csv", index=False)
        (folder / "site.yaml").write_text(
            yaml.safe_dump(
                {"name": "north", "data": {"features": "table.csv"}, "columns": {"ihc": "ihc"}, "feature_columns": "f"}
            )
        )
        self.site = site_file.load(folder / "site.yaml")
        self.identities = {site: identity.public_hex(Ed25519PrivateKey.generate()) for site in SITES}
        self.identities["north"] = identity.public_hex(identity.create(self.site.identity_key))

    def study(self, **changes):
        sections = {"privacy": {"site_sums": "derivable"}, "harmonization": {"left_out_site": "raw"}}
        changed = least_study(SITES, **{**sections, **changes})
        (self.folder / "study.yaml").write_text(yaml.safe_dump(changed.model_dump(mode="json")))
        roster.save(roster.issue(changed, self.identities, Ed25519PrivateKey.generate()), self.folder / "roster.yaml")
        return changed

    def run(self, *arguments, keys=None):
        return CliRunner().invoke(app, [*map(str, arguments), "--site", str(self.folder / "site.yaml")], input=keys)

    def approve(self, *more, keys=None):
        files = self.folder / "study.yaml", "--roster", self.folder / "roster.yaml"
        return self.run("approve", *files, *more, keys=keys)

    def approved(self, study):
        return approval.find(self.site.workspace, study.digest, Trust(self.site).public_key, datetime.datetime.now())


@pytest.fixture
def hospital(tmp_path):
    return Hospital(tmp_path)


def test_a_study_is_shown_in_words_and_approved(hospital):
    study = hospital.study()
    run = hospital.approve("--accept", SENTENCE, keys="y\n")
    assert run.exit_code == 0, run.output
    for part in (
        "What is computed",
        "HER2-zero against HER2-low (version 1)",
        "What leaves this hospital",
        "- enroll: ",
        "  Readable by the coordinator:",
        "At most 39 exchanges",
        "The sums of each single site can be concluded",
        f"coordinator: {identity.fingerprint(roster.load(hospital.folder / 'roster.yaml').coordinator)}",
        f"north: {identity.fingerprint(hospital.identities['north'])}",
        "This site has approved no version of this study before.",
        "30 of them",
        "All studies so far have spent epsilon 0.00 at delta 1e-05; no budget is set",
        "This study adds no noise",
    ):
        assert part in run.output
    assert hospital.approved(study).approval.accepted == (SENTENCE,)


def test_saying_no_leaves_nothing_approved(hospital):
    hospital.study()
    assert hospital.approve("--accept", SENTENCE, keys="n\n").exit_code == 1
    assert not (hospital.site.workspace / "approvals").exists()


def test_a_study_against_the_policy_is_refused_with_every_reason(hospital):
    hospital.study(federation={"sites": SITES, "quorum": 2})
    run = hospital.approve("--yes")
    assert run.exit_code == 1
    assert "it may start with 2 sites" in run.output
    assert f'nobody here has accepted: "{SENTENCE}"' in run.output


def test_a_study_over_the_budget_is_shown_with_its_cost_and_refused(hospital):
    ranges = [{"feature": name, "low": 0, "high": 1} for name in ("f1", "f2")]
    noise = {"epsilon": 4, "ranges": ranges}
    changes = {"harmonization": {"method": "none"}, "evaluation": {"folds": 3, "leave_one_site_out": False}}
    hospital.study(privacy={"noise": noise}, **changes)
    path = hospital.folder / "site.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "policy": {"epsilon": 3.0}}))
    run = hospital.approve("--yes")
    assert run.exit_code == 1
    assert "This study may spend epsilon 4.00" in run.output
    assert "the budget is 3." in run.output
    assert "would have spent epsilon 4.00" in " ".join(run.output.split())
    path.write_text(path.read_text().replace("3.0", "5.0"))
    assert hospital.approve("--yes").exit_code == 0


def test_a_roster_of_another_study_is_refused(hospital):
    hospital.study()
    kept = (hospital.folder / "roster.yaml").read_text()
    hospital.study(version=2)
    (hospital.folder / "roster.yaml").write_text(kept)
    run = hospital.approve("--accept", SENTENCE, "--yes")
    assert run.exit_code == 1
    assert "another study or version" in run.output


def test_the_next_version_shows_what_changed(hospital):
    hospital.study()
    hospital.approve("--accept", SENTENCE, "--yes")
    hospital.study(version=2, training={"max_iterations": 20})
    run = hospital.approve("--accept", SENTENCE, "--yes")
    assert "training.max_iterations: 30 → 20" in run.output


def test_revoking_by_the_first_characters_of_the_digest(hospital):
    study = hospital.study()
    hospital.approve("--accept", SENTENCE, "--yes")
    unknown = hospital.run("revoke", "no-digest")
    assert unknown.exit_code == 1
    assert "mrfed-site status lists them" in unknown.output
    assert hospital.run("revoke", study.digest[:12]).exit_code == 0
    with pytest.raises(MrfedError, match="revoked"):
        hospital.approved(study)


def test_a_withdrawal_is_noted_without_the_name(hospital):
    noted = hospital.run("withdraw", "p07")
    assert noted.exit_code == 0
    assert "check the spelling" not in noted.output
    assert "p07" not in hospital.site.audit_log.read_text()
    study = hospital.study()
    run = hospital.approve("--accept", SENTENCE, "--yes")
    assert "29 of them" in run.output  # p07 is one of thirty of class low
    assert hospital.approved(study).withdrawn == {"p07"}


def test_a_withdrawal_of_nobody_is_noted_and_asks_for_another_look(hospital):
    noted = hospital.run("withdraw", "q07")
    assert noted.exit_code == 0
    assert "check the spelling" in " ".join(noted.output.split())


def test_a_withdrawal_stands_also_where_the_tables_cannot_be_read(hospital):
    (hospital.folder / "table.csv").unlink()
    noted = hospital.run("withdraw", "p07")
    assert withdrawn(hospital.site.workspace) == {"p07"}
    assert "Noted." in noted.output
    assert "table.csv" in noted.output


def test_the_log_is_verified_shown_and_exported(hospital):
    hospital.study()
    hospital.approve("--accept", SENTENCE, "--yes")
    assert "1 entries" in hospital.run("audit", "verify").output
    shown = hospital.run("audit", "show").output
    assert "name: her2-low" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80
    hospital.run("audit", "export", hospital.folder / "log.json")
    assert json.loads((hospital.folder / "log.json").read_text())["entries"][0]["event"] == "approval"
    log = hospital.site.audit_log
    log.write_text(log.read_text().replace("her2-low", "her2-old"))
    run = hospital.run("audit", "verify", "--receipts", hospital.folder / "nowhere.json")
    assert "nowhere.json: there is no such file" in run.output
    run = hospital.run("audit", "verify")
    assert run.exit_code == 1
    assert "content was changed" in run.output
