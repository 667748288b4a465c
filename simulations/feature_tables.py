"""The patients of a scenario as ready feature tables, without images: what a study of features needs, in a second.

    OUT/HOSPITAL/site.yaml      the site file
    OUT/HOSPITAL/clinical.csv   the same clinical table that the cohort's images go with
    OUT/HOSPITAL/features.csv   measurements of the tumours' latent properties

Every latent property is measured four times, each time with an error of its own; a hospital's scanner moves and
stretches each measurement, as scanners do to radiomic features. All of it is assumed, nothing measured.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import yaml

from client.site.site_file import Columns, Data, Site
from shared.errors import Code, MrfedError
from shared.files import durable_file
from simulations import clinical, patient
from simulations.effects import LATENTS
from simulations.hospital import Hospital
from simulations.patient import Patient
from simulations.randomness import generator
from simulations.scenario import Scenario

TIMES = 4
"""Measurements of a latent property."""
_ERRORS = (0.4, 0.7, 1.0, 1.5)
"""Standard deviation of the error of each, in those of the property."""
_SHIFT, _STRETCH = 0.8, 0.25
"""Standard deviations, over hospitals, of a scanner's shift and of the logarithm of its stretch."""


def write(scenario: Scenario, out: Path, seed: int, patients: int | None = None) -> list[Path]:
    """Write a folder for each hospital; equal arguments give equal bytes.

    Parameters
    ----------
    scenario : which hospitals there are
    out : a new or empty folder
    seed : of the patients, who are those of the cohort of this seed
    patients : of every hospital; None for as many as each hospital's file says

    Returns
    -------
    the site files

    Raises
    ------
    MrfedError (`REFUSED`) where `out` holds anything.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise MrfedError(Code.REFUSED, f"{out} is not an empty folder; name another")
    written = []
    for hospital in scenario.hospitals:
        count = hospital.patients if patients is None else patients
        members = [patient.draw(scenario.effects, hospital, seed, number) for number in range(1, count + 1)]
        written.append(_write_site(out / hospital.name, hospital, members, seed))
    return written


def _write_site(folder: Path, hospital: Hospital, members: list[Patient], seed: int) -> Path:
    site = Site(
        name=hospital.name,
        patients="simulated",
        data=Data(features=Path("features.csv"), clinical=Path("clinical.csv")),
        columns=Columns(patient="patient", ihc="ihc", ish="ish"),
        feature_columns="x.",
    )
    content = site.model_dump(mode="json", exclude_defaults=True)
    content["columns"]["patient"] = site.columns.patient
    folder.mkdir(parents=True, exist_ok=True)
    durable_file.write(folder / "clinical.csv", clinical.table(map(clinical.clinical_row, members)).encode())
    durable_file.write(folder / "features.csv", clinical.table(_features(hospital, members, seed)).encode())
    path = folder / "site.yaml"
    durable_file.write(path, yaml.safe_dump(content, sort_keys=False).encode())
    return path


def _features(hospital: Hospital, members: list[Patient], seed: int) -> list[Mapping[str, str | int]]:
    names = [f"x.{latent.value}-{time + 1}" for latent in LATENTS for time in range(TIMES)]
    of_scanner = generator(seed, hospital.name, "scanner of tables")
    shift = of_scanner.normal(0, _SHIFT, len(names))
    stretch = np.exp(of_scanner.normal(0, _STRETCH, len(names)))
    rows: list[Mapping[str, str | int]] = []
    for member in members:
        error = generator(seed, hospital.name, member.index, "measurements").normal(size=len(names))
        values = np.repeat(member.latents, TIMES) + error * np.tile(_ERRORS, len(LATENTS))
        measured = shift + stretch * values
        rows.append(
            {"patient": member.patient_id} | {name: f"{x:.6f}" for name, x in zip(names, measured, strict=True)}
        )
    return rows
