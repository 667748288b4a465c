"""PyRadiomics' published baseline: the values that its authors' own version gave for its test cases."""

import ast
import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.settings import Settings

CASES = ("brain1", "breast1")
CLASSES = ("shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm")


@dataclass(frozen=True)
class Baseline:
    """One published value and ours."""

    case: str
    feature: str
    published: float
    value: float
    missing: Missing | None
    installed: float
    """Of the installed PyRadiomics on the whole image, called plainly."""

    @property
    def relative_difference(self) -> float:
        """Difference in units of the published value."""
        return abs(self.value - self.published) / max(abs(self.published), 1e-12)


def compare(folder: Path) -> Iterator[Baseline]:
    """Every published value of the cases whose image and mask are in the folder."""
    published: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for feature_class in CLASSES:
        with (folder / f"baseline_{feature_class}.csv").open(encoding="utf-8", newline="") as file:
            rows = {row[0]: row[1:] for row in csv.reader(file)}
        for column, case in enumerate(rows["featureName"]):
            if case.split("_")[0] in CASES:
                setting = ast.literal_eval(rows["diagnostics_Configuration_Settings"][column])
                published[case, repr(sorted(setting.items()))] |= {
                    feature: float(values[column])
                    for feature, values in rows.items()
                    if feature.startswith("original_") and values[column]
                }
    for (case, setting), values in published.items():
        yield from _of_case(folder, case, dict(ast.literal_eval(setting)), values)


def _of_case(folder: Path, case: str, setting: dict[str, Any], published: dict[str, float]) -> Iterator[Baseline]:
    name = case.split("_")[0]
    image = sitk.ReadImage(folder / f"{name}_image.nrrd")
    mask = sitk.ReadImage(folder / f"{name}_label.nrrd")
    parameters = {
        "setting": setting,
        "imageType": {"Original": {}},
        "featureClass": {feature_class: [] for feature_class in CLASSES},
    }
    installed = RadiomicsFeatureExtractor(parameters).execute(image, mask)
    regions = {"roi": sitk.GetArrayFromImage(mask)}
    voxels = sitk.GetArrayFromImage(image)
    features = extract(voxels, image.GetSpacing(), regions, Settings(parameters))["roi"]
    for feature, value in published.items():
        if feature in features.values:
            yield Baseline(
                case,
                feature,
                value,
                features.values[feature],
                features.missing.get(feature),
                float(installed[feature]),
            )
