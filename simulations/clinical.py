"""The tables that go with a cohort's images: each hospital's clinical table, and the truth."""

import csv
import io
from collections.abc import Iterable, Mapping

from simulations.effects import LATENTS
from simulations.patient import Patient


def clinical_row(patient: Patient) -> dict[str, str | int]:
    """What a hospital knows of a patient before the images are read."""
    return {
        "patient": patient.patient_id,
        "age": patient.age,
        "laterality": "left" if patient.left else "right",
        "er": int(patient.er),
        "pr": int(patient.pr),
        "ki67": patient.ki67_percent,
        "grade": patient.grade,
        "specimen": "biopsy",
        "ihc": patient.ihc,
        "ish": patient.ish,
    }


def truth_row(patient: Patient) -> dict[str, str | int]:
    """What is true of a patient: class, recorded class and latent properties."""
    return {
        "site": patient.site,
        "patient": patient.patient_id,
        "status": patient.status.value,
        "recorded_status": patient.recorded_status.value,
        **{latent.value: f"{patient.latent(latent):.9f}" for latent in LATENTS},
    }


def table(rows: Iterable[Mapping[str, str | int]]) -> str:
    """Rows as CSV, lines ending as on Unix."""
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
