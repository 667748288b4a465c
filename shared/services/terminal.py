"""How every command speaks to the person at the terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.errors import MrfedError
from shared.plain_text import visible


class PlainConsole(Console):
    """A console on which no text but the program's own can move the cursor, colour a line or turn its direction."""

    def render_str(self, text: str, **how: Any) -> Text:
        """A text, in a line or in a table's cell, with its hidden characters written out."""
        return super().render_str(visible(text, kept="\n\t"), **how)


console = PlainConsole(stderr=True, highlight=False, soft_wrap=True)
output = PlainConsole(highlight=False)
"""What a person may want to keep or pass on; the other one is for what happens on the way."""


def program(words: str, commands: Mapping[str, Sequence[Callable[..., None]]]) -> typer.Typer:
    """A command line, or a group of its commands, with a help that fits the terminal.

    Parameters
    ----------
    words : what it is for
    commands : by when a person meets them, in that order
    """
    made = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",  # else the line breaks of a docstring stay where they are
        pretty_exceptions_enable=False,  # its tracebacks print local variables: names of patients, secrets
        help=words,
    )
    for when, of_panel in commands.items():
        for command in of_panel:
            made.command(rich_help_panel=when)(command)
    return made


def table(title: str | None, texts: Sequence[str], numbers: Sequence[str] = ()) -> Table:
    """A table without rules: where the terminal is narrow texts are folded, and nothing is cut off.

    Parameters
    ----------
    title : above it, if any
    texts : headings of the first columns
    numbers : headings of the columns after them, which stay on one line
    """
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
    )
    for heading in texts:
        made.add_column(heading, overflow="fold")
    for heading in numbers:
        made.add_column(heading, justify="right", no_wrap=True)
    return made


Bar = Callable[[int, int], None]
"""Called with how much is done, of how much."""


@contextmanager
def bars() -> Iterator[Callable[[str], Bar]]:
    """Bars for work that takes long: each by its words, and shown once somebody tells how much there is."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:

        def bar(words: str) -> Bar:
            task: TaskID | None = None

            def advance(done: int, total: int) -> None:
                nonlocal task
                if task is None:
                    task = progress.add_task(words)
                progress.update(task, completed=done, total=total)

            return advance

        yield bar


@contextmanager
def explained() -> Iterator[None]:
    """End a command that meets an error with its code, its text and exit status 1, without a traceback."""
    try:
        yield
    except MrfedError as error:
        console.print(f"[red]{error.code.value}[/red] ", end="")
        console.print(error.text, markup=False)
        raise typer.Exit(1) from error
