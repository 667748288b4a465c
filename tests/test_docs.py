"""What the documentation names is there: commands, options, files, decisions."""

import re
from pathlib import Path

import click
import pytest
import typer

from client.cli import app as site
from server.cli import app as coordinator
from simulations.cli import app as simulate

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = {"site": site, "coordinator": coordinator, "simulate": simulate}
TYPED = re.compile(r"mrfed-(site|coordinator|simulate)((?: +[^\s`|]+)+)")
OPTION = re.compile(r"--[a-z][a-z-]+")


def typed(page):
    """Each command line of a page: the program and its words."""
    text = re.sub(r"(?<=\S)\n(?=\S)", " ", page.read_text())  # a command may be broken over two lines of a paragraph
    for line in text.splitlines():
        for program, words in TYPED.findall(
            line if line.startswith("    ") else " ".join(re.findall(r"`[^`]+`", line))
        ):
            yield program, words.split()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_is_there_with_its_options(page):
    for program, words in typed(page):
        command = typer.main.get_command(PROGRAMS[program])
        while isinstance(command, click.Group) and words and (words[0].islower() or "-" in words[0]):
            assert words[0] in command.commands, f"mrfed-{program} {words[0]}"
            command, words = command.commands[words[0]], words[1:]
        known = {"--help"} | {name for parameter in command.params for name in parameter.opts}
        for option in OPTION.findall(" ".join(words)):
            assert option in known, f"mrfed-{program} {command.name} {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_decision_has_the_number_of_its_file():
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        assert page.read_text().startswith(f"# {int(page.name[:4])}. "), page.name


def test_every_target_of_make_that_a_page_names_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:^ {4}|`)make ([a-z-]+)", page.read_text(), flags=re.MULTILINE)
        assert set(named) <= targets, page.name


def test_decisions_are_numbered_without_holes():
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_decision_that_code_or_a_page_names_is_there():
    tracked = [
        path
        for folder in ("*.md", "docs/**/*.md", *(f"{name}/**/*.py" for name in FOLDERS.split("|")))
        for path in ROOT.glob(folder)
    ]
    for path in tracked:
        for page in re.findall(r"docs/decisions/(?:(?!NNNN)[0-9a-z-]+)\.md", path.read_text()):
            assert (ROOT / page).exists(), f"{path.relative_to(ROOT)} names {page}"


PLACEHOLDER = re.compile(r"[A-Z]{3,}|\*|\.\.\.")
FOLDERS = "client|server|shared|harmonization|simulations|deploy|docs|tests"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page):
    made_by_hand = re.sub(r"^# Extending mrfed.*", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    text = made_by_hand if page.name == "CONTRIBUTING.md" else page.read_text()
    for name in re.findall(rf"`((?:{FOLDERS})/[^`\s:]*)", text):
        assert PLACEHOLDER.search(name) or (ROOT / name).exists(), name
