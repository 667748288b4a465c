"""`mrfed-site drift`: have this hospital's scanners changed?"""

from pathlib import Path

import typer

from client.commands.arguments import SiteFile, StudyFile
from shared.services.terminal import console, explained


def drift(
    study: StudyFile,
    site: SiteFile = Path("site.yaml"),
) -> None:
    """Test whether the images of each scanner have changed over time. Nothing leaves this machine.

    Ends with 1 where a scanner changed by more than chance explains, 0 otherwise. The review page draws it.
    """
    from client.site import site_file
    from shared.study import study as study_file

    with explained():
        hospital = site_file.load(site)
        loaded_study = study_file.named(study)

        from client.review.drift.change import FEWEST, LEVEL
        from client.review.drift.watch import watch
        from client.review.records import prepared

        scanners = watch([*prepared(hospital, loaded_study).values()])
    for scanner in scanners:
        undated = f", {scanner.undated} without a date" if scanner.undated else ""
        console.print(f"[bold]{scanner.scanner}[/bold]: {len(scanner.dates)} patients{undated}")
        for upgrade in scanner.upgrades:
            day = scanner.day(upgrade.first)
            console.print(f"  software {upgrade.before} to {upgrade.after}, first patient {day}", markup=False)
        for change in scanner.changes:
            console.print("  [yellow]changed[/yellow] ", end="")
            console.print(scanner.sentence(change), markup=False)
            console.print(f"    most: {', '.join(scanner.most_changed(change))}", markup=False)
        if len(scanner.dates) < 2 * FEWEST:
            console.print(f"  too few patients: a change is only seen with {FEWEST} patients before and after it")
        elif not scanner.changes:
            console.print(
                f"  no change beyond chance in {len(scanner.quantities)} measurements (false alarms: {LEVEL * 100:g} %)"
            )
    raise typer.Exit(int(any(scanner.changes for scanner in scanners)))
