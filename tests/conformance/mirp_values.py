"""A second implementation: what MIRP computes for the phantoms of IBSI-1 in every configuration.

`python -m tests.conformance.mirp_values FOLDER` runs MIRP (minutes) and writes `mirp_values.csv` beside this file,
against which the tests hold preset `ibsi`; two configurations have no reference values at hand.

Reference: Zwanenburg et al., J. Open Source Softw. 9 (2024) 6413.
"""

import csv
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.conformance.ibsi_configurations import CONFIGURATIONS, Configuration, Phantom, values
from tests.conformance.ibsi_tags import IBSI, aggregated

TABLE = Path(__file__).with_name("mirp_values.csv")
VERSION = "2.7.0"
ALLOWED = 1e-6
"""Relative difference, where two implementations round differently."""

_SLICES = {
    "2d_average": "2D_avg",
    "2d_slice_merge": "2D_comb",
    "2.5d_direction_merge": "2_5D_avg",
    "2.5d_volume_merge": "2_5D_comb",
}
_VOLUME = {"3d_average": "3D_avg", "3d_volume_merge": "3D_comb"}
# How MIRP abbreviates an aggregation in the name of a column.
_ENDINGS = {
    "2d_avg": "2D_avg",
    "2d_s_mrg": "2D_comb",
    "2.5d_d_mrg": "2_5D_avg",
    "2.5d_v_mrg": "2_5D_comb",
    "3d_avg": "3D_avg",
    "3d_v_mrg": "3D_comb",
    "2d": "2D",
    "2.5d": "2_5D",
    "3d": "3D",
}

_COMMON: Mapping[str, object] = {"anti_aliasing": False, "no_approximation": True, "base_feature_families": "all"}
# Over all pairs of 114,596 voxels MIRP takes hours: it approximates these there, and they are left out.
_APPROXIMATED = {"a": ("morph_moran_i", "morph_geary_c")}
_IN_SLICES: Mapping[str, object] = {
    "by_slice": True,
    "glcm_spatial_method": list(_SLICES),
    "glrlm_spatial_method": list(_SLICES),
    **{f"{name}_spatial_method": ["2d", "2.5d"] for name in ("glszm", "gldzm", "ngtdm", "ngldm")},
}
_IN_VOLUME: Mapping[str, object] = {
    "by_slice": False,
    "glcm_spatial_method": list(_VOLUME),
    "glrlm_spatial_method": list(_VOLUME),
}
_WIDTH_25: Mapping[str, object] = {
    "base_discretisation_method": "fixed_bin_size",
    "base_discretisation_bin_width": 25.0,
}
_COUNT_32: Mapping[str, object] = {
    "base_discretisation_method": "fixed_bin_number",
    "base_discretisation_n_bins": 32,
}
_LINEAR: Mapping[str, object] = {"new_spacing": 2.0, "spline_order": 1}
SETTINGS: dict[str, Mapping[str, object]] = {
    "a": {**_IN_SLICES, **_WIDTH_25, "resegmentation_intensity_range": [-500.0, 400.0]},
    "b": {**_IN_SLICES, **_COUNT_32, **_LINEAR, "resegmentation_intensity_range": [-500.0, 400.0]},
    "c": {
        **_IN_VOLUME,
        **_WIDTH_25,
        **_LINEAR,
        "resegmentation_intensity_range": [-1000.0, 400.0],
        "ivh_discretisation_method": "fixed_bin_size",
        "ivh_discretisation_bin_width": 2.5,
    },
    "d": {**_IN_VOLUME, **_COUNT_32, **_LINEAR, "resegmentation_sigma": 3.0},
    "e": {
        **_IN_VOLUME,
        **_COUNT_32,
        "new_spacing": 2.0,
        "spline_order": 3,
        "resegmentation_intensity_range": [-1000.0, 400.0],
        "resegmentation_sigma": 3.0,
        "ivh_discretisation_method": "fixed_bin_number",
        "ivh_discretisation_n_bins": 1000,
    },
}
"""MIRP's settings of each configuration."""


@dataclass(frozen=True)
class Pair:
    """A feature by MIRP and by preset `ibsi`."""

    configuration: str
    tag: str
    mirp: float
    value: float

    @property
    def alike(self) -> bool:
        """Whether both are the same but for rounding."""
        return abs(self.value - self.mirp) <= ALLOWED * max(abs(self.mirp), 1e-3)


def measure(folder: Path) -> Iterator[tuple[str, str, float]]:
    """Configuration, IBSI's tag and value of every feature that MIRP computes and preset `ibsi` offers."""
    from mirp import extract_features  # a package of its own weight, for this command only

    for name, own in SETTINGS.items():
        (table,) = extract_features(
            image=str(folder / "phantom.nii.gz"),
            mask=str(folder / "mask.nii.gz"),
            image_modality="ct",
            **{**_COMMON, **own, "no_approximation": name not in _APPROXIMATED},
        )
        for column, value in table.iloc[0].items():
            tag = tag_of(str(column))
            if tag is not None and tag not in _APPROXIMATED.get(name, ()):
                yield name, tag, float(value)


def tag_of(column: str) -> str | None:
    """IBSI's tag of a column of MIRP, or None where it is none of a feature that is compared."""
    stem = column.split("_fbs_")[0].split("_fbn_")[0]
    stem = stem.replace("_d1_a0.0", "").replace("_d1", "")
    for ending, aggregation in sorted(_ENDINGS.items(), key=lambda item: -len(item[0])):
        if stem.endswith(f"_{ending}"):
            stem = f"{stem.removesuffix(f'_{ending}')}_{aggregation}"
            break
    return stem if aggregated(stem)[0] in IBSI else None


def compare(phantom: Phantom, configurations: Mapping[str, Configuration] = CONFIGURATIONS) -> Iterator[Pair]:
    """Every value of MIRP's that is stored, beside ours."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name, configuration in configurations.items():
        measured = values(phantom, configuration)
        for row in rows:
            if row["configuration"] == name:
                stem, aggregation = aggregated(row["tag"])
                yield Pair(name, row["tag"], float(row["value"]), measured[aggregation][f"original_{IBSI[stem]}"])


def main() -> None:
    """Write the table."""
    assert version("mirp") == VERSION, "the page names the version that the values come from"
    data = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MRFED_TEST_DATA", "../shared/data"))
    partial = TABLE.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["configuration", "tag", "value"])
        writer.writerows((name, tag, repr(value)) for name, tag, value in measure(data / "ibsi1_ct"))
    os.replace(partial, TABLE)


if __name__ == "__main__":
    main()
