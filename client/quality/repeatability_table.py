"""Stability for people: a line a feature in a file, a line a kind of feature on the screen."""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from client.quality.repeatability import Stability
from shared import plain_text
from shared.files import durable_file
from shared.metrics.icc import icc, icc_interval
from shared.services import terminal


@dataclass(frozen=True)
class Row:
    """One feature's ICC(2,1) and the ends of its 95 % interval; NaN without a value."""

    feature: str
    icc: float
    lower: float
    upper: float
    patients: int

    @property
    def kind(self) -> str:
        """Image, region and class of the feature."""
        image, region, name = self.feature.split(".", 2)
        parts = name.split("_")
        return f"{image} {region} {parts[1] if len(parts) > 2 else parts[0]}"


def rows(stability: Stability) -> list[Row]:
    """A row a feature, in their order."""
    lower, upper = icc_interval(stability.sums)
    columns = (icc(stability.sums), lower, upper, stability.sums.subjects)
    return [
        Row(name, float(value), float(low), float(high), int(count))
        for name, value, low, high, count in zip(stability.features, *columns, strict=True)
    ]


def table(features: Sequence[Row], threshold: float) -> Table:
    """Kinds of features: how many, how many stable, the median, the worst."""
    kinds: dict[str, list[Row]] = defaultdict(list)
    for row in features:
        kinds[row.kind].append(row)
    shown = terminal.table(
        f"stability (ICC(2,1), stable from {threshold:g})",
        ("image, region, class",),
        ("features", "stable", "surely stable", "median", "least"),
    )
    for kind, members in kinds.items():
        values = np.array([row.icc for row in members])
        known = values[np.isfinite(values)]
        shown.add_row(
            kind,
            str(len(members)),
            str(int((known >= threshold).sum())),
            str(sum(row.lower >= threshold for row in members)),
            f"{np.median(known):.2f}" if known.size else "",
            f"{known.min():.2f}" if known.size else "",
        )
    return shown


def write_csv(path: Path, features: Sequence[Row]) -> None:
    """All features; empty where there is no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("feature", "icc_2_1", "lower_95", "upper_95", "patients"))
    for row in features:
        numbers = (f"{number:.6g}" if np.isfinite(number) else "" for number in (row.icc, row.lower, row.upper))
        writer.writerow((plain_text.cell(row.feature), *numbers, row.patients))
    durable_file.write(path, text.getvalue().encode())
