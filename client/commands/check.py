"""`mrfed-site check`: is my data usable?"""

from pathlib import Path
from typing import Annotated

import typer

from client.commands.arguments import SiteFile, StudyFile
from shared.services.terminal import bars, console, explained, output


def check(
    study: StudyFile,
    site: SiteFile = Path("site.yaml"),
    workers: Annotated[int, typer.Option(min=1, help="Processes that read headers.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    write_mapping: Annotated[
        Path | None,
        typer.Option(help="Begin a mapping file from what was found, with a question wherever the site has to say."),
    ] = None,
) -> None:
    """Show which patients this hospital can bring to a study, and what the others lack.

    The table goes to standard output, everything else to standard error.

    Nothing is computed and nothing leaves this machine. Ends with 0 where every patient is usable, 1 where some are
    not, 2 where none is.
    """
    import json
    from dataclasses import asdict

    from client.site import site_file
    from shared.study import study as study_file

    with explained():
        hospital = site_file.load(site)
        loaded_study = study_file.named(study)

        from client.quality.check import check as check_site
        from client.quality.check_text import words
        from client.quality.mapping_draft import begin_mapping

        with bars() as bar:
            outcome = check_site(hospital, loaded_study, workers, None if as_json else bar("reading headers"))
        if write_mapping is not None:
            begin_mapping(write_mapping, outcome)
    if as_json:
        typer.echo(json.dumps(asdict(outcome) | {"usable": outcome.usable}, indent=1))
    else:
        output.print(words(outcome), soft_wrap=False)
        if write_mapping is not None:
            asks = (
                f"{write_mapping} asks what only this hospital knows: answer, then name it in site.yaml (data.mapping)"
            )
            console.print(asks, markup=False)
        if outcome.usable:
            console.print(f"Next: mrfed-site prepare {study}", markup=False)
    raise typer.Exit(2 if outcome.usable == 0 else 0 if outcome.usable == len(outcome.patients) else 1)
