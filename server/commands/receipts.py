"""`mrfed-coordinator receipts`: what a hospital checks its audit log against."""

from pathlib import Path
from typing import Annotated

import typer

from shared.services.terminal import explained


def receipts(
    results: Annotated[Path, typer.Argument(help="Folder of a run, which holds report.html and the journal.")],
    hospital: Annotated[str, typer.Argument(help="Name of the hospital, as the study names it.")],
) -> None:
    """Print the countersignatures of how far a hospital's audit log had come, exchange by exchange, as a JSON list.

    The hospital checks its log against them: mrfed-site audit verify --receipts FILE. A log that was cut short or
    rewritten does not match them.
    """
    import json

    from server.journal import Journal
    from shared.errors import Code, MrfedError

    with explained():
        signed = Journal(results / "journal").receipts(hospital)
        if not signed:
            raise MrfedError(
                Code.DATA_MISSING,
                f"{results}: there is no receipt for {hospital!r}; give the folder of a run in which it took part",
            )
    typer.echo(json.dumps([receipt.model_dump() for receipt in signed], indent=1))
