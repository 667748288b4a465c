"""`mrfed-site drift`: have this hospital's scanners changed?"""

from pathlib import Path

import typer

from client.commands.arguments import SiteFile, StudyFile
from shared.services.terminal import console, explained


def drift(
    study: StudyFile,
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Look whether the prepared patients of each scanner have come to differ over time. Nothing leaves this machine.

    Ends with 1 where a change is more than chance, 0 otherwise. The review page draws it.
    """
    from client.review.drift.change import FEWEST, LEVEL
    from client.review.drift.watch import watch
    from client.review.records import prepared
    from client.site import site_file
    from shared.study import study as study_file

    with explained():
        here = site_file.load(site)
        asked = study_file.named(study)
        found = watch([*prepared(here, asked).values()])
    for one in found:
        undated = f", {one.undated} without a date" if one.undated else ""
        console.print(f"[bold]{one.scanner}[/bold]: {len(one.dates)} patients{undated}")
        for upgrade in one.upgrades:
            day = one.day(upgrade.first)
            console.print(f"  software {upgrade.before} to {upgrade.after}, first patient {day}", markup=False)
        for change in one.changes:
            console.print("  [yellow]changed[/yellow] ", end="")
            console.print(one.sentence(change), markup=False)
            console.print(f"    most: {', '.join(one.most_changed(change))}", markup=False)
        if len(one.dates) < 2 * FEWEST:
            console.print(f"  too few to tell: a change needs {FEWEST} patients on either side")
        elif not one.changes:
            console.print(
                f"  no change in {len(one.quantities)} numbers that is more than chance ({LEVEL * 100:g} % a look)"
            )
    raise typer.Exit(int(any(one.changes for one in found)))
