"""How every command speaks to the person at the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from shared.errors import MrfedError

console = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def explained() -> Iterator[None]:
    """End a command that meets an error with its code, its text and exit status 1, without a traceback."""
    try:
        yield
    except MrfedError as error:
        console.print(f"[red]{error.code.value}[/red] ", end="")
        console.print(error.text, markup=False)
        raise typer.Exit(1) from error
