"""The digital phantom of IBSI-1: every reference value matched, different by definition, or not offered."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from pathlib import Path

import SimpleITK as sitk

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.settings import FEATURE_CLASSES, Settings


class Status(StrEnum):
    """How a computed value stands to its reference."""

    MATCHED = "matched"
    BY_DEFINITION = "differs by definition"
    NOT_OFFERED = "not offered"
    DIFFERS = "differs"


@dataclass(frozen=True)
class Comparison:
    """One reference value and ours."""

    tag: str
    reference: float
    tolerance: float
    feature: str
    """Empty where PyRadiomics has no such feature."""
    value: float | None
    """None where it is not offered, or not so aggregated."""
    status: Status


# IBSI's tag without its aggregation -> PyRadiomics' feature.
_FEATURES = {
    "morph_volume": "shape_MeshVolume",
    "morph_vol_approx": "shape_VoxelVolume",
    "morph_area_mesh": "shape_SurfaceArea",
    "morph_av": "shape_SurfaceVolumeRatio",
    "morph_sphericity": "shape_Sphericity",
    "morph_diam": "shape_Maximum3DDiameter",
    "morph_pca_maj_axis": "shape_MajorAxisLength",
    "morph_pca_min_axis": "shape_MinorAxisLength",
    "morph_pca_least_axis": "shape_LeastAxisLength",
    "morph_pca_elongation": "shape_Elongation",
    "morph_pca_flatness": "shape_Flatness",
    "stat_mean": "firstorder_Mean",
    "stat_var": "firstorder_Variance",
    "stat_skew": "firstorder_Skewness",
    "stat_kurt": "firstorder_Kurtosis",
    "stat_median": "firstorder_Median",
    "stat_min": "firstorder_Minimum",
    "stat_p10": "firstorder_10Percentile",
    "stat_p90": "firstorder_90Percentile",
    "stat_max": "firstorder_Maximum",
    "stat_iqr": "firstorder_InterquartileRange",
    "stat_range": "firstorder_Range",
    "stat_mad": "firstorder_MeanAbsoluteDeviation",
    "stat_rmad": "firstorder_RobustMeanAbsoluteDeviation",
    "stat_energy": "firstorder_Energy",
    "stat_rms": "firstorder_RootMeanSquared",
    "ih_entropy": "firstorder_Entropy",
    "ih_uniformity": "firstorder_Uniformity",
    "cm_joint_max": "glcm_MaximumProbability",
    "cm_joint_avg": "glcm_JointAverage",
    "cm_joint_var": "glcm_SumSquares",
    "cm_joint_entr": "glcm_JointEntropy",
    "cm_diff_avg": "glcm_DifferenceAverage",
    "cm_dissimilarity": "glcm_DifferenceAverage",
    "cm_diff_var": "glcm_DifferenceVariance",
    "cm_diff_entr": "glcm_DifferenceEntropy",
    "cm_sum_avg": "glcm_SumAverage",
    "cm_sum_var": "glcm_ClusterTendency",
    "cm_sum_entr": "glcm_SumEntropy",
    "cm_energy": "glcm_JointEnergy",
    "cm_contrast": "glcm_Contrast",
    "cm_inv_diff": "glcm_Id",
    "cm_inv_diff_norm": "glcm_Idn",
    "cm_inv_diff_mom": "glcm_Idm",
    "cm_inv_diff_mom_norm": "glcm_Idmn",
    "cm_inv_var": "glcm_InverseVariance",
    "cm_corr": "glcm_Correlation",
    "cm_auto_corr": "glcm_Autocorrelation",
    "cm_clust_tend": "glcm_ClusterTendency",
    "cm_clust_shade": "glcm_ClusterShade",
    "cm_clust_prom": "glcm_ClusterProminence",
    "cm_info_corr1": "glcm_Imc1",
    "cm_info_corr2": "glcm_Imc2",
    "rlm_sre": "glrlm_ShortRunEmphasis",
    "rlm_lre": "glrlm_LongRunEmphasis",
    "rlm_lgre": "glrlm_LowGrayLevelRunEmphasis",
    "rlm_hgre": "glrlm_HighGrayLevelRunEmphasis",
    "rlm_srlge": "glrlm_ShortRunLowGrayLevelEmphasis",
    "rlm_srhge": "glrlm_ShortRunHighGrayLevelEmphasis",
    "rlm_lrlge": "glrlm_LongRunLowGrayLevelEmphasis",
    "rlm_lrhge": "glrlm_LongRunHighGrayLevelEmphasis",
    "rlm_glnu": "glrlm_GrayLevelNonUniformity",
    "rlm_glnu_norm": "glrlm_GrayLevelNonUniformityNormalized",
    "rlm_rlnu": "glrlm_RunLengthNonUniformity",
    "rlm_rlnu_norm": "glrlm_RunLengthNonUniformityNormalized",
    "rlm_r_perc": "glrlm_RunPercentage",
    "rlm_gl_var": "glrlm_GrayLevelVariance",
    "rlm_rl_var": "glrlm_RunVariance",
    "rlm_rl_entr": "glrlm_RunEntropy",
    "szm_sze": "glszm_SmallAreaEmphasis",
    "szm_lze": "glszm_LargeAreaEmphasis",
    "szm_lgze": "glszm_LowGrayLevelZoneEmphasis",
    "szm_hgze": "glszm_HighGrayLevelZoneEmphasis",
    "szm_szlge": "glszm_SmallAreaLowGrayLevelEmphasis",
    "szm_szhge": "glszm_SmallAreaHighGrayLevelEmphasis",
    "szm_lzlge": "glszm_LargeAreaLowGrayLevelEmphasis",
    "szm_lzhge": "glszm_LargeAreaHighGrayLevelEmphasis",
    "szm_glnu": "glszm_GrayLevelNonUniformity",
    "szm_glnu_norm": "glszm_GrayLevelNonUniformityNormalized",
    "szm_zsnu": "glszm_SizeZoneNonUniformity",
    "szm_zsnu_norm": "glszm_SizeZoneNonUniformityNormalized",
    "szm_z_perc": "glszm_ZonePercentage",
    "szm_gl_var": "glszm_GrayLevelVariance",
    "szm_zs_var": "glszm_ZoneVariance",
    "szm_zs_entr": "glszm_ZoneEntropy",
    "ngt_coarseness": "ngtdm_Coarseness",
    "ngt_contrast": "ngtdm_Contrast",
    "ngt_busyness": "ngtdm_Busyness",
    "ngt_complexity": "ngtdm_Complexity",
    "ngt_strength": "ngtdm_Strength",
    "ngl_lde": "gldm_SmallDependenceEmphasis",
    "ngl_hde": "gldm_LargeDependenceEmphasis",
    "ngl_lgce": "gldm_LowGrayLevelEmphasis",
    "ngl_hgce": "gldm_HighGrayLevelEmphasis",
    "ngl_ldlge": "gldm_SmallDependenceLowGrayLevelEmphasis",
    "ngl_ldhge": "gldm_SmallDependenceHighGrayLevelEmphasis",
    "ngl_hdlge": "gldm_LargeDependenceLowGrayLevelEmphasis",
    "ngl_hdhge": "gldm_LargeDependenceHighGrayLevelEmphasis",
    "ngl_glnu": "gldm_GrayLevelNonUniformity",
    "ngl_dcnu": "gldm_DependenceNonUniformity",
    "ngl_dcnu_norm": "gldm_DependenceNonUniformityNormalized",
    "ngl_gl_var": "gldm_GrayLevelVariance",
    "ngl_dc_var": "gldm_DependenceVariance",
    "ngl_dc_entr": "gldm_DependenceEntropy",
}

# Aggregations that settings of PyRadiomics give. The matrices of zones, tones and dependences are not directional:
# in two dimensions PyRadiomics merges the slices.
_AGGREGATIONS = {
    "3D_avg": {},
    "3D_comb": {"weightingNorm": "no_weighting"},
    "3D": {},
    "2_5D_avg": {"force2D": True},
    "2_5D_comb": {"force2D": True, "weightingNorm": "no_weighting"},
    "2_5D": {"force2D": True},
    "": {},
}
_OTHER_AGGREGATIONS = ("2D_avg", "2D_comb", "2D")

_PHANTOM_VOXELS = 74


@dataclass(frozen=True)
class OtherDefinition:
    """Why PyRadiomics' value differs, and what turns it into IBSI's."""

    reason: str
    convert: Callable[[float], float]


_UNBIASED = OtherDefinition(
    "principal axes from the covariance of the voxels divided by N; IBSI divides by N - 1",
    lambda length: length * sqrt(_PHANTOM_VOXELS / (_PHANTOM_VOXELS - 1)),
)
OTHER_DEFINITIONS = {
    "firstorder_Kurtosis": OtherDefinition(
        "the fourth moment itself; IBSI subtracts the 3 of a normal distribution", lambda kurtosis: kurtosis - 3
    ),
    "shape_MajorAxisLength": _UNBIASED,
    "shape_MinorAxisLength": _UNBIASED,
    "shape_LeastAxisLength": _UNBIASED,
}


def compare(folder: Path) -> Iterator[Comparison]:
    """Every reference value that IBSI-1 gives for the phantom, against ours.

    Parameters
    ----------
    folder : phantom, mask and table of reference values
    """
    image = sitk.ReadImage(folder / "phantom.nii.gz")
    mask = sitk.GetArrayFromImage(sitk.ReadImage(folder / "mask.nii.gz"))
    voxels = sitk.GetArrayFromImage(image)
    measured = {}
    for aggregation, own in _AGGREGATIONS.items():
        settings = Settings(
            {
                "setting": {"binWidth": 1} | own,
                "imageType": {"Original": {}},
                "featureClass": dict.fromkeys(FEATURE_CLASSES),
            }
        )
        measured[aggregation] = extract(voxels, image.GetSpacing(), {"roi": mask}, settings)["roi"].values
    with (folder / "ibsi_1_dig_phantom.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            if not row["reference value"]:
                continue
            reference, tolerance = float(row["reference value"]), float(row["tolerance"])
            stem, aggregation = _split(row["tag"])
            feature = _FEATURES.get(stem, "")
            value = measured.get(aggregation, {}).get(f"original_{feature}")
            if value is None:
                yield Comparison(row["tag"], reference, tolerance, feature, None, Status.NOT_OFFERED)
            else:
                status = _status(feature, value, reference, tolerance)
                yield Comparison(row["tag"], reference, tolerance, feature, value, status)


def _split(tag: str) -> tuple[str, str]:
    for aggregation in sorted((*_AGGREGATIONS, *_OTHER_AGGREGATIONS), key=len, reverse=True):
        if aggregation and tag.endswith(f"_{aggregation}"):
            return tag.removesuffix(f"_{aggregation}"), aggregation
    return tag, ""


def _status(feature: str, value: float, reference: float, tolerance: float) -> Status:
    """Matched, within the tolerance or the third digit to which references are written; or matched once converted."""
    allowed = max(tolerance, 0.5 * 10.0 ** (int(f"{reference:e}".split("e")[1]) - 2)) * (1 + 1e-9)
    if abs(value - reference) <= allowed:
        return Status.MATCHED
    other = OTHER_DEFINITIONS.get(feature)
    if other is not None and abs(other.convert(value) - reference) <= allowed:
        return Status.BY_DEFINITION
    return Status.DIFFERS
