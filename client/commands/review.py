"""`mrfed-site review`: look at this hospital's patients before a study uses them."""

from pathlib import Path
from typing import Annotated

import typer

from client.commands.arguments import SiteFile, StudyFile
from shared.services.terminal import console, explained


def review(
    study: StudyFile,
    site: SiteFile = Path("site.yaml"),
    reader: Annotated[
        str | None, typer.Option(help="Your name, kept with your decisions; the name of your account if left out.")
    ] = None,
) -> None:
    """Show every prepared patient on a local page: accept or reject her images, score them, watch the scanners.

    The page is served to this machine only, until Ctrl-C, at an address with a secret in it. Rejected patients enter
    no study that is approved from then on. Nothing leaves this machine.
    """
    import getpass

    from client.site import site_file
    from shared.study import study as study_file

    with explained():
        hospital = site_file.load(site)
        loaded_study = study_file.named(study)

        from client.review.server import Server
        from client.review.session import ReviewSession

        session = ReviewSession(hospital, loaded_study, reader or getpass.getuser())
        session.require_patients()
        server = Server(session)
    with server:
        console.print("Open this address in a browser on this machine; share it with nobody. Ctrl-C ends the review.")
        typer.echo(server.guard.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("The review has ended; all decisions and scores are kept.")
