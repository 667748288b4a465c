"""`mrfed-site predict`: apply a model bundle to patients of this hospital."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.commands.arguments import SiteFile
from shared.services.terminal import console, explained

if TYPE_CHECKING:
    from client.cohort.table import Table
    from client.prediction.predict import Predictions
    from client.site.site_file import Site
    from shared.results.bundle import Bundle


def predict(
    model: Annotated[Path, typer.Argument(help="The model bundle, model.mrfed.")],
    site: SiteFile = Path("site.yaml"),
    out: Annotated[Path, typer.Option(help="The table to write; it names patients.")] = Path("predictions.csv"),
    patient: Annotated[list[str] | None, typer.Option(help="A patient to tell about; all where none is named.")] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="The coordinator's, by telephone; needed where no invitation of hers is here.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Patients that are prepared at the same time.")] = 2,
) -> None:
    """Apply a model to this hospital's patients, from their images on; nothing leaves this machine.

    The hospital need not have taken part: it harmonizes itself from its own patients, whose labels are not needed.
    Where it has enough labels, they recalibrate the model and the table gives risks; otherwise it ranks. A model of a
    number gives values in the study's unit, corrected where labels of this hospital ask for it. A patient
    outside the range of the training patients is refused, with the features.
    """
    from client.prediction import predict as prediction
    from client.site import site_file
    from client.site.simulated_patients import refuse_for_real

    with explained():
        here = site_file.load(site)
        read = _read(model, here, site, fingerprint)
        refuse_for_real(here, read.model.study)
        found = prediction.predict(here, read.model, _table(here, read, workers), patient or (), read.files)
        _write(found, out)
    typer.echo(read.model.notice)
    for line in found.lines:
        typer.echo(line)
    refused = [one for one in found.patients if one.outside]
    for one in refused:
        console.print(
            f"refused: {one.patient} lies outside the training range in {', '.join(one.outside)}", markup=False
        )
    typer.echo(f"{len(found.patients) - len(refused)} patients in {out}, {len(refused)} refused")


def _read(path: Path, site: "Site", file: Path, fingerprint: str | None) -> "Bundle":
    """The bundle, if it is of the coordinator whose invitation or fingerprint this hospital has.

    Raises
    ------
    MrfedError where it is of somebody else, or nobody says whose it should be.
    """
    from client.node.unit import Unit
    from shared.errors import Code, MrfedError
    from shared.federation import identity
    from shared.results import bundle

    found = bundle.read(path)
    shown = identity.fingerprint(found.coordinator)
    if fingerprint is not None:
        wanted = " ".join(fingerprint.split())
    else:
        unit = Unit(site, file.resolve())
        wanted = identity.fingerprint(unit.invitation().identity) if unit.invitation_file.exists() else ""
    if shown != wanted:
        asked = f"expected is {wanted}" if wanted else "compare it by telephone, then give it as --fingerprint"
        raise MrfedError(Code.REFUSED, f"{path}: was signed by the coordinator of fingerprint {shown}; {asked}")
    return found


def _table(site: "Site", read: "Bundle", workers: int) -> "Table":
    """All patients of the hospital; images are prepared first, as far as they are not."""
    from client.cohort import table
    from client.preparation import second_pass
    from client.review.decisions import reviewed
    from client.site import withdrawal

    study = read.model.study
    with console.status("preparing images" if study.imaging is not None else "reading features"):
        features = second_pass.of_model(site, read.model, workers)
    left_out, said = withdrawal.withdrawn(site.workspace), reviewed(site.workspace, study.name)
    found = table.load(site, study, features, left_out, said, labelled=False)
    table.tell(site, found.left_out, found.merged)
    return found


def _write(found: "Predictions", path: Path) -> None:
    import pandas as pd

    from shared.files import durable_file

    if found.unit is None:
        said = {"risk": [one.risk for one in found.patients], "called": [one.called for one in found.patients]}
    else:
        said = {"value": [one.value for one in found.patients], "unit": [found.unit] * len(found.patients)}
    frame = pd.DataFrame(
        {
            "patient": [one.patient for one in found.patients],
            "batch": [one.batch for one in found.patients],
            "rank": [one.rank for one in found.patients],
            **said,
            "outside": [" ".join(one.outside) for one in found.patients],
        }
    )
    durable_file.write(path, frame.to_csv(index=False).encode())
