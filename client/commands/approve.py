"""`mrfed-site approve`: read what a study asks for, and approve it or not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.commands.arguments import SiteFile, StudyFile
from shared.services.terminal import console, explained

if TYPE_CHECKING:
    from client.approval.decision_screen import Asking
    from client.cohort.table import Table
    from client.site.site_file import Site
    from shared.contract.foreseen import Foreseen
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
    from client.site import site_file
    from shared.errors import Code, MrfedError
    from shared.study import study as study_file

    with explained():
        hospital = site_file.load(site)
        loaded_study = study_file.named(study)

        from client.approval import approval, differencing, privacy_budget, text
        from client.approval.decision_screen import Asking
        from client.cohort import folds
        from client.site.keys import Trust
        from shared.federation import roster as roster_file
        from shared.privacy.disclosure_rules import broken_rules, of_strata

        signed = roster_file.load(roster)
        signed.check(loaded_study)
        patients = _patients(hospital, loaded_study)
        own = folds.cells(loaded_study, hospital, patients) if patients else None
        training = folds.training(loaded_study, hospital, patients) if patients else []
        before = differencing.differences(hospital.workspace, None, patients) if patients else ()
        against = broken_rules(hospital.policy, loaded_study, hospital.name, own, accept or ())
        if patients:
            against += of_strata(
                hospital.policy, loaded_study, hospital.name, folds.strata(loaded_study, hospital, patients)
            )
        against += privacy_budget.over_budget(hospital.policy, loaded_study, hospital.workspace, training)
        against += differencing.broken_rules(before, hospital.policy.minimum_patients, accept or ())
        last = approval.last_version(hospital.workspace, loaded_study.name)
        asking = Asking(
            study=loaded_study,
            roster=signed,
            site=hospital.name,
            policy=hospital.policy,
            leaving=tuple(text.leaves(loaded_study, _foreseen(loaded_study, patients))),
            own=own,
            changes=text.difference(last.study if last else None, loaded_study),
            against=against,
        )
        _show(asking, privacy_budget.words(hospital.policy, loaded_study, hospital.workspace, training), ask=not yes)
        if against:
            listed = "; ".join(against)
            raise MrfedError(Code.REFUSED, f"{loaded_study.name} breaks the policy of {hospital.name}: {listed}")
        if not yes:
            typer.confirm(f"Approve {loaded_study.name}, version {loaded_study.version}?", abort=True, err=True)
        given = approval.approve(
            hospital.workspace, loaded_study, signed, hospital.policy, accept or (), Trust(hospital).log
        )
    console.print(f"[green]Approved.[/green] Take it back with: mrfed-site revoke {loaded_study.digest[:12]}")
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


def _foreseen(study: "Study", patients: "Table | None") -> "Foreseen":
    """How large the study is here, as far as its patients are prepared."""
    import numpy as np

    from shared.contract.foreseen import Foreseen

    if patients is None:
        return Foreseen(study)
    named = [covariate.column for covariate in study.covariates if covariate.kind == "categorical"]
    levels = {name: len(np.unique(patients.covariates[name])) for name in named}
    return Foreseen(study, len(patients.features), levels)


def _show(asking: "Asking", budget: list[str], *, ask: bool) -> None:
    """The first screen, then everything: page by page where a person sits at the terminal and wants it."""
    import sys

    from client.approval.decision_screen import first_screen

    title, *lines = first_screen(asking)
    console.print(f"[bold]{title}[/bold]")
    for line in lines:
        console.print(line, markup=False)
    if not (ask and sys.stdin.isatty() and console.is_terminal):
        _details(asking, budget)
    elif typer.confirm("Read everything that leaves and follows, page by page?", default=True, err=True):
        with console.pager(styles=True):
            _details(asking, budget)


def _section(title: str, lines: list[str]) -> None:
    console.print(f"\n[bold]{title}[/bold]")
    for line in lines:
        console.print(f"- {line}", markup=False)


def _details(asking: "Asking", budget: list[str]) -> None:
    """Everything, section by section."""
    from itertools import groupby

    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from client.approval import text

    study = asking.study
    _section("What is computed", text.computed(study))
    _section("What changed since this hospital last approved it", list(asking.changes))
    console.print("\n[bold]Who takes part[/bold] (compare each fingerprint with its owner by telephone)")
    for name, fingerprint in text.members(asking.roster):
        console.print(f"- {name}: {fingerprint}", markup=False)
    console.print("\n[bold]What leaves this hospital, and nothing else[/bold] (on the right: how many numbers at most)")
    for (step, purpose), of_step in groupby(asking.leaving, lambda quantity: (quantity.step, quantity.purpose)):
        console.print(f"- [bold]{step}[/bold]: ", end="")
        console.print(purpose, markup=False)
        for how, quantities in groupby(of_step, lambda quantity: quantity.how):
            console.print(f"  {how[0].upper()}{how[1:]}:", markup=False)
            leaving = Table.grid(padding=(0, 2, 0, 0), expand=True)
            leaving.add_column(ratio=3)
            leaving.add_column(ratio=2)
            for quantity in quantities:
                leaving.add_row(Text(quantity.what), Text(quantity.size, style="dim"))
            console.print(Padding(leaving, (0, 0, 0, 4)), soft_wrap=False)
    console.print(f"At most {text.exchanges(study)} exchanges. docs/contract.md explains every quantity.")
    _section("What can be concluded from it", text.concluded(study, asking.site, asking.own))
    _section("What it costs in differential privacy", budget)
