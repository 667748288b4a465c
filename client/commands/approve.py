"""`mrfed-site approve`: read what a study asks for, and approve it or not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.commands.arguments import SiteFile, StudyFile
from shared.services.terminal import console, explained

if TYPE_CHECKING:
    from client.cohort.table import Table
    from client.site.site_file import Site
    from shared.arrays import Array
    from shared.federation.roster import Roster
    from shared.study.study import Study


def approve(
    study: StudyFile,
    roster: Annotated[Path, typer.Option(help="The study's roster, as the coordinator signed it.")],
    site: SiteFile = Path("site.yaml"),
    accept: Annotated[
        list[str] | None, typer.Option(help="A sentence that the study asks this hospital to accept, word for word.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Approve without a question.")] = False,
) -> None:
    """Show what a study computes, what leaves this hospital and what can be concluded from it; approve it.

    Without an approval no question of a study is answered. The approval signs the study, the roster, the contract
    and the installed program: if any of them changes, the study has to be approved anew.
    """
    from client.approval import approval, differencing, privacy_budget
    from client.approval.disclosure_rules import objections, of_strata
    from client.cohort import folds
    from client.site import site_file
    from client.site.keys import Trust
    from shared.errors import Code, MrfedError
    from shared.federation import roster as roster_file
    from shared.study import study as study_file

    with explained():
        hospital = site_file.load(site)
        asked = study_file.named(study)
        signed = roster_file.load(roster)
        signed.check(asked)
        patients = _patients(hospital, asked)
        own = folds.cells(asked, hospital, patients) if patients else None
        training = folds.training(asked, hospital, patients) if patients else []
        before = differencing.differences(hospital.workspace, None, patients) if patients else ()
        _show(hospital, asked, signed, own)
        _section(
            "What it costs in differential privacy",
            privacy_budget.words(hospital.policy, asked, hospital.workspace, training),
        )
        against = objections(hospital.policy, asked, hospital.name, own, accept or ())
        if patients:
            against += of_strata(hospital.policy, asked, hospital.name, folds.strata(asked, hospital, patients))
        against += privacy_budget.objection(hospital.policy, asked, hospital.workspace, training)
        against += differencing.objections(before, hospital.policy.minimum_patients, accept or ())
        if against:
            listed = "; ".join(against)
            raise MrfedError(Code.REFUSED, f"{asked.name} breaks the policy of {hospital.name}: {listed}")
        if not yes:
            typer.confirm(f"Approve {asked.name}, version {asked.version}?", abort=True, err=True)
        given = approval.approve(hospital.workspace, asked, signed, hospital.policy, accept or (), Trust(hospital).log)
    console.print(f"[green]Approved.[/green] Take it back with: mrfed-site revoke {asked.digest[:12]}")
    console.print("Next: mrfed-site join")
    typer.echo(given.folder)


def _patients(site: "Site", study: "Study") -> "Table | None":
    """Patients who would enter the study; None where they are not prepared yet."""
    from client.cohort import table
    from client.preparation.paths import feature_table
    from client.review.decisions import reviewed
    from client.site import withdrawal
    from shared.errors import Code, MrfedError
    from shared.study.study_sections import Purpose

    if study.purpose is Purpose.FEASIBILITY:
        return None  # it sums over nobody
    try:
        path = feature_table(site, study)
    except MrfedError as error:
        if error.code is not Code.DATA_MISSING:
            raise
        return None
    left_out, reviews = withdrawal.withdrawn(site.workspace), reviewed(site.workspace, study.name)
    patients = table.load(site, study, path, left_out, reviews)
    table.tell(site, patients.left_out, patients.merged)
    return patients


def _section(title: str, lines: list[str]) -> None:
    console.print(f"\n[bold]{title}[/bold]")
    for line in lines:
        console.print(f"- {line}", markup=False)


def _show(site: "Site", study: "Study", roster: "Roster", own: "Array | None") -> None:
    from itertools import groupby

    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from client.approval import approval, text

    before = approval.last_version(site.workspace, study.name)
    _section("What is computed", text.computed(study))
    _section(
        "What changed since this hospital last approved it",
        text.difference(before.study if before else None, study),
    )
    console.print("\n[bold]Who takes part[/bold] (compare each fingerprint with its owner by telephone)")
    for name, fingerprint in text.members(roster):
        console.print(f"- {name}: {fingerprint}", markup=False)
    console.print("\n[bold]What leaves this hospital, and nothing else[/bold] (on the right: how many numbers)")
    for (step, how), ones in groupby(text.leaves(study), lambda one: (one.step, one.how)):
        console.print(f"- {step}, {how}:", markup=False)
        leaving = Table.grid(padding=(0, 2, 0, 0), expand=True)
        leaving.add_column(ratio=3)
        leaving.add_column(ratio=2)
        for one in ones:
            leaving.add_row(Text(one.what), Text(one.size, style="dim"))
        console.print(Padding(leaving, (0, 0, 0, 4)), soft_wrap=False)
    console.print(f"At most {text.exchanges(study)} exchanges.")
    _section("What can be concluded from it", text.concluded(study, site.name, own))
