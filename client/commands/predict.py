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
    patient: Annotated[list[str] | None, typer.Option(help="A patient to predict; all if left out.")] = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(
            help="The coordinator's fingerprint as read to you by telephone; not needed after mrfed-site init."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Patients that are prepared at the same time.")] = 2,
    raw: Annotated[
        bool, typer.Option("--raw", help="Leave patients of new scanners as they are: for too few to learn from.")
    ] = False,
) -> None:
    """Apply a model to this hospital's patients, from their images on; nothing leaves this machine.

    The hospital need not have taken part: it harmonizes itself from its own patients, whose labels are not needed.
    Where it has enough labels, they recalibrate the model and the table gives risks; otherwise it ranks. A regression
    model gives values in the study's unit, corrected where labels of this hospital ask for it. A patient
    outside the range of the training patients is refused, and the features are named.
    """
    from client.prediction import predict as prediction
    from client.site import site_file
    from client.site.simulated_patients import refuse_for_real

    with explained():
        hospital = site_file.load(site)
        read = _read(model, hospital, site, fingerprint)
        refuse_for_real(hospital, read.model.study)
        predictions = prediction.predict(
            hospital, read.model, _table(hospital, read, workers), patient or (), read.files, raw=raw
        )
        _write(predictions, out)
    typer.echo(read.model.notice)
    for line in predictions.lines:
        typer.echo(line)
    refused = [predicted for predicted in predictions.patients if predicted.outside]
    for outlier in refused:
        console.print(
            f"refused: {outlier.patient} lies outside the training range in {', '.join(outlier.outside)}", markup=False
        )
    typer.echo(f"{len(predictions.patients) - len(refused)} patients in {out}, {len(refused)} refused")


def _read(path: Path, site: "Site", file: Path, fingerprint: str | None) -> "Bundle":
    """The bundle, if the coordinator whose invitation or fingerprint this hospital has signed it.

    Raises
    ------
    MrfedError (`REFUSED`) if somebody else signed it, or neither invitation nor fingerprint says who should have.
    """
    from client.node.unit import Unit
    from shared.errors import Code, MrfedError
    from shared.federation import identity
    from shared.results import bundle

    signed = bundle.read(path)
    shown = identity.fingerprint(signed.coordinator)
    if fingerprint is not None:
        wanted = " ".join(fingerprint.split())
    else:
        unit = Unit(site, file.resolve())
        wanted = identity.fingerprint(unit.invitation().identity) if unit.invitation_file.exists() else ""
    if shown != wanted:
        remedy = (
            f"expected {wanted}: ask the coordinator for the right bundle"
            if wanted
            else "compare it by telephone, then give it as --fingerprint"
        )
        raise MrfedError(Code.REFUSED, f"{path}: is signed by the coordinator with fingerprint {shown}; {remedy}")
    return signed


def _table(site: "Site", read: "Bundle", workers: int) -> "Table":
    """All patients of the hospital; images that are not prepared yet are prepared first."""
    from client.cohort import table
    from client.preparation import second_pass
    from client.review.decisions import reviewed
    from client.site import withdrawal

    study = read.model.study
    with console.status("preparing images" if study.imaging is not None else "reading features"):
        features = second_pass.of_model(site, read.model, workers)
    left_out, reviews = withdrawal.withdrawn(site.workspace), reviewed(site.workspace, study.name)
    patients = table.load(site, study, features, left_out, reviews, labelled=False)
    table.tell(site, patients.left_out, patients.merged)
    return patients


def _write(predictions: "Predictions", path: Path) -> None:
    import pandas as pd

    from client.site import tables

    if predictions.unit is None:
        columns = {
            "risk": [row.risk for row in predictions.patients],
            "called": [row.called for row in predictions.patients],
        }
    else:
        columns = {
            "value": [row.value for row in predictions.patients],
            "unit": [predictions.unit] * len(predictions.patients),
        }
    frame = pd.DataFrame(
        {
            "patient": [row.patient for row in predictions.patients],
            "batch": [row.batch for row in predictions.patients],
            "rank": [row.rank for row in predictions.patients],
            **columns,
            "outside": [" ".join(row.outside) for row in predictions.patients],
        }
    )
    tables.write(frame, path)
