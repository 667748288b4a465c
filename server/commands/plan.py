"""`mrfed-coordinator plan`: what a study's answers would add up to, and whether hospitals could take part."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.services.terminal import console, explained

if TYPE_CHECKING:
    from server.plan_check import Change, Plan
    from shared.privacy.policy import Policy

_MANY = 1e4
_LEGEND = """
patients  the fewest, in effect, that any combination of all sums is about
numbers   equations for each unknown value of a patient; a solver finds everybody
          from about 1.5 on, and nobody under a third
label     bits that counts by class say of the labels, over what these hold
alone     the same of one hospital, if all others showed the coordinator theirs
All are at most, over everything that the study may ask.
"""


def plan(
    study: Annotated[Path, typer.Argument(help="Study file (YAML), or the name of a ready-made one.")],
    sites: Annotated[int, typer.Option(min=1, help="How many hospitals.")] = 5,
    patients: Annotated[int, typer.Option(min=2, help="Patients of each hospital.")] = 80,
    features: Annotated[int, typer.Option(min=1, help="Features of the study.")] = 1000,
    rarest: Annotated[
        int | None, typer.Option(min=1, help="Patients of the rarest class at each; classes of one size if left out.")
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            help="A YAML file of what the hospitals have under `policy` in their site files; the default if left out."
        ),
    ] = None,
) -> None:
    """Say before there is any data whether hospitals could approve a study, and what each setting costs.

    Ends with status 1 where they could not; the reasons and single changes that would help are listed.
    """
    from server import plan_check
    from shared.privacy.disclosure_budget import Federation
    from shared.study import study as study_file

    with explained():
        loaded_study = study_file.named(study)
        federation = Federation(tuple(f"site-{number + 1}" for number in range(sites)), patients, features, rarest)
        rules = _policy(policy)
        as_it_is = plan_check.plan(loaded_study, federation, rules)
        alternatives = list(plan_check.changes(loaded_study, federation, rules))
    console.print(
        f"[bold]{loaded_study.title}[/bold]\n{sites} hospitals of {patients} patients, {features} features; "
        f"minimum {rules.minimum_patients} patients and {rules.minimum_sites} sites"
    )
    _show(as_it_is, alternatives)
    for sentence in as_it_is.sentences:
        typer.echo(f'Each hospital has to write: "{sentence.replace(federation.sites[0], "SITE")}"')
    if not as_it_is.refusals:
        typer.echo("The hospitals could approve it.")
        return
    typer.echo("The hospitals would refuse it:")
    for refusal in as_it_is.refusals:
        typer.echo(f"- {refusal.replace(f'{loaded_study.name}: ', '')}")
    helping = [change.setting for change in alternatives if not change.plan.refusals]
    typer.echo(f"It would pass with: {'; or '.join(helping)}" if helping else "No single change would make it pass.")
    raise typer.Exit(1)


def _policy(path: Path | None) -> "Policy":
    from shared.errors import Code
    from shared.files import document
    from shared.privacy.policy import Policy

    return Policy() if path is None else document.load(path, Policy, Code.SITE_INVALID)


def _show(as_it_is: "Plan", alternatives: "list[Change]") -> None:
    """The budget, then what it would be with one setting changed."""
    from rich.console import Console

    from shared.services.terminal import table

    if as_it_is.budget is None:
        typer.echo("It is of no model on features: what its answers add up to is not measured here.")
        return
    shown = table(None, ("with",), ("patients", "alone", "numbers", "alone", "label"))
    for name, plan in (("as it is", as_it_is), *((change.setting, change.plan) for change in alternatives)):
        if (budget := plan.budget) is not None:
            shown.add_row(
                name,
                *(f"{patients:.1f}" for patients in (budget.together, budget.alone)),
                *(_short(numbers) for numbers in (budget.per_value, budget.per_value_alone)),
                f"{_short(budget.label_bits / budget.label_holds)}x" if budget.label_holds else "",
            )
    Console(width=min(max(console.width, 60), 100)).print(shown)
    typer.echo(_LEGEND)


def _short(number: float) -> str:
    return f"{number:.2g}" if number < _MANY else f"{number:.0e}"
