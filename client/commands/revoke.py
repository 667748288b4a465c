"""`mrfed-site revoke`: withdraw an approval."""

from pathlib import Path
from typing import Annotated

import typer

from client.commands.arguments import SiteFile
from shared.services.terminal import console, explained


def revoke(
    study: Annotated[str, typer.Argument(help="The study's digest, or its first characters.")],
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Withdraw this hospital's approval of a study and delete its keys. What has already left cannot be recalled."""
    from client.approval import approval
    from client.exchange import masking_key
    from client.site import site_file
    from client.site.keys import Trust

    with explained():
        hospital = site_file.load(site)
        approved = approval.matching(hospital.workspace, study)
        digest, log = approved.approval.study, Trust(hospital).log
        approval.revoke(hospital.workspace, digest, log)
        masking_key.delete(approved.folder, digest, log)
    console.print(
        f"[green]Revoked.[/green] No further question of {approved.study.name} is answered; its keys are deleted."
    )
