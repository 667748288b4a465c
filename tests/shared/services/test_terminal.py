"""What a person sees of the three command lines."""

import inspect
from io import StringIO

import click
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from client.cli import app as site
from server.cli import app as coordinator
from shared.services.terminal import table
from simulations.cli import app as simulate

PROGRAMS = {"mrfed-site": site, "mrfed-coordinator": coordinator, "mrfed-simulate": simulate}


def commands(group, names=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))
        else:
            yield (*names, name), command


COMMANDS = [
    pytest.param(app, names, command, id=" ".join((program, *names)))
    for program, app in PROGRAMS.items()
    for names, command in commands(typer.main.get_command(app))
]


def shown(app, names, columns):
    run = CliRunner().invoke(app, [*names, "--help"], env={"COLUMNS": str(columns)})
    assert run.exit_code == 0
    return run.output


@pytest.mark.parametrize(("app", "names", "command"), COMMANDS)
def test_every_argument_and_option_is_explained(app, names, command):
    sentences = " ".join(shown(app, names, 400).split())
    for param in command.params:
        assert param.help, f"{param.name} has no help"
        assert " ".join(param.help.replace("`", "").split()) in sentences


@pytest.mark.parametrize(("app", "names", "command"), COMMANDS)
def test_paragraphs_of_a_help_fill_the_terminal(app, names, command):
    lines = [line.strip() for line in shown(app, names, 1000).splitlines()]
    for paragraph in inspect.cleandoc(command.help).split("\n\n"):
        assert " ".join(paragraph.replace("`", "").split()) in lines


def test_a_table_in_a_narrow_terminal_folds_its_texts_and_cuts_nothing():
    shown = table(None, ("way", "evaluated on"), ("value", "95 %"))
    shown.add_row("local (each site alone)", "cross-validation", "0.819", "0.77 to 0.87")
    narrow = Console(width=40, file=StringIO())
    narrow.print(shown)
    printed = narrow.file.getvalue()
    assert "…" not in printed
    assert "0.77 to 0.87" in printed
    assert max(len(line) for line in printed.splitlines()) <= 40


def test_the_commands_of_a_hospital_stand_under_when_they_are_needed():
    run = CliRunner().invoke(site, ["--help"]).output
    places = [run.index(words) for words in ("Once", " init ", "For each study", " check ", " join ", "finished study")]
    assert places == sorted(places)
