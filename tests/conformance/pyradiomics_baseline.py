"""PyRadiomics' published baseline: the values that its authors' own version gave for its test cases."""

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor

from client.radiomics.extract import extract
from client.radiomics.missing import Missing
from client.radiomics.settings import Settings

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
    for feature_class in CLASSES:
        with (folder / f"baseline_{feature_class}.csv").open(encoding="utf-8", newline="") as file:
            rows = {row[0]: row[1:] for row in csv.reader(file)}
        for column, case in enumerate(rows["featureName"]):
            name = case.split("_")[0]
            if name not in CASES:
                continue
            published = {
                feature: float(values[column])
                for feature, values in rows.items()
                if feature.startswith("original_") and values[column]
            }
            setting = ast.literal_eval(rows["diagnostics_Configuration_Settings"][column])
            yield from _of_case(folder, name, case, feature_class, setting, published)


def _of_case(
    folder: Path,
    name: str,
    case: str,
    feature_class: str,
    setting: dict[str, Any],
    published: dict[str, float],
) -> Iterator[Baseline]:
    image = sitk.ReadImage(folder / f"{name}_image.nrrd")
    mask = sitk.GetArrayFromImage(sitk.ReadImage(folder / f"{name}_label.nrrd"))
    settings = Settings({"setting": setting, "imageType": {"Original": {}}, "featureClass": {feature_class: None}})
    plain = RadiomicsFeatureExtractor(
        {"setting": setting, "imageType": {"Original": {}}, "featureClass": {feature_class: []}}
    )
    installed = plain.execute(image, sitk.ReadImage(folder / f"{name}_label.nrrd"))
    features = extract(sitk.GetArrayFromImage(image), image.GetSpacing(), {"roi": mask}, settings)["roi"]
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
