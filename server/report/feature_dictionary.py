"""What each feature is: its IBSI code, image, region and unit.

Reference: Zwanenburg et al., Image Biomarker Standardization Initiative reference manual, arXiv:1612.07003;
Radiology 295 (2020) 328.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_INTENSITY = "{image}"
_SQUARED = "({image})²"

# PyRadiomics' class_Feature -> IBSI code (empty where IBSI has none), unit.
_DEFINITIONS: dict[str, tuple[str, str]] = {
    "shape_MeshVolume": ("RNU0", "mm³"),
    "shape_VoxelVolume": ("YEKZ", "mm³"),
    "shape_SurfaceArea": ("C0JK", "mm²"),
    "shape_SurfaceVolumeRatio": ("2PR5", "1/mm"),
    "shape_Sphericity": ("QCFX", "1"),
    "shape_Maximum3DDiameter": ("L0JK", "mm"),
    "shape_Maximum2DDiameterSlice": ("", "mm"),
    "shape_Maximum2DDiameterColumn": ("", "mm"),
    "shape_Maximum2DDiameterRow": ("", "mm"),
    "shape_MajorAxisLength": ("TDIC", "mm"),
    "shape_MinorAxisLength": ("P9VJ", "mm"),
    "shape_LeastAxisLength": ("7J51", "mm"),
    "shape_Elongation": ("Q3CK", "1"),
    "shape_Flatness": ("N17B", "1"),
    "shape2D_MeshSurface": ("", "mm²"),
    "shape2D_PixelSurface": ("", "mm²"),
    "shape2D_Perimeter": ("", "mm"),
    "shape2D_PerimeterSurfaceRatio": ("", "1/mm"),
    "shape2D_Sphericity": ("", "1"),
    "shape2D_MaximumDiameter": ("", "mm"),
    "shape2D_MajorAxisLength": ("", "mm"),
    "shape2D_MinorAxisLength": ("", "mm"),
    "shape2D_Elongation": ("", "1"),
    "firstorder_Energy": ("N8CA", _SQUARED),
    "firstorder_TotalEnergy": ("", _SQUARED + " mm³"),
    "firstorder_Entropy": ("TLU2", "bit"),
    "firstorder_Minimum": ("1GSF", _INTENSITY),
    "firstorder_10Percentile": ("QG58", _INTENSITY),
    "firstorder_90Percentile": ("8DWT", _INTENSITY),
    "firstorder_Maximum": ("84IY", _INTENSITY),
    "firstorder_Mean": ("Q4LE", _INTENSITY),
    "firstorder_Median": ("Y12H", _INTENSITY),
    "firstorder_InterquartileRange": ("SALO", _INTENSITY),
    "firstorder_Range": ("2OJQ", _INTENSITY),
    "firstorder_MeanAbsoluteDeviation": ("4FUA", _INTENSITY),
    "firstorder_RobustMeanAbsoluteDeviation": ("1128", _INTENSITY),
    "firstorder_RootMeanSquared": ("5ZWQ", _INTENSITY),
    "firstorder_Skewness": ("KE2A", "1"),
    "firstorder_Kurtosis": ("IPH6", "1"),
    "firstorder_Variance": ("ECT3", _SQUARED),
    "firstorder_Uniformity": ("BJ5W", "1"),
    "glcm_MaximumProbability": ("GYBY", "1"),
    "glcm_JointAverage": ("60VM", "1"),
    "glcm_SumSquares": ("UR99", "1"),
    "glcm_JointEntropy": ("TU9B", "bit"),
    "glcm_DifferenceAverage": ("TF7R", "1"),
    "glcm_DifferenceVariance": ("D3YU", "1"),
    "glcm_DifferenceEntropy": ("NTRS", "bit"),
    "glcm_SumAverage": ("ZGXS", "1"),
    "glcm_SumEntropy": ("P6QZ", "bit"),
    "glcm_JointEnergy": ("8ZQL", "1"),
    "glcm_Contrast": ("ACUI", "1"),
    "glcm_Id": ("IB1Z", "1"),
    "glcm_Idn": ("NDRX", "1"),
    "glcm_Idm": ("WF0Z", "1"),
    "glcm_Idmn": ("1QCO", "1"),
    "glcm_InverseVariance": ("E8JP", "1"),
    "glcm_Correlation": ("NI2N", "1"),
    "glcm_Autocorrelation": ("QWB0", "1"),
    "glcm_ClusterTendency": ("DG8W", "1"),
    "glcm_ClusterShade": ("7NFM", "1"),
    "glcm_ClusterProminence": ("AE86", "1"),
    "glcm_Imc1": ("R8DG", "1"),
    "glcm_Imc2": ("JN9H", "1"),
    "glcm_MCC": ("", "1"),
    "glrlm_ShortRunEmphasis": ("22OV", "1"),
    "glrlm_LongRunEmphasis": ("W4KF", "1"),
    "glrlm_LowGrayLevelRunEmphasis": ("V3SW", "1"),
    "glrlm_HighGrayLevelRunEmphasis": ("G3QZ", "1"),
    "glrlm_ShortRunLowGrayLevelEmphasis": ("HTZT", "1"),
    "glrlm_ShortRunHighGrayLevelEmphasis": ("GD3A", "1"),
    "glrlm_LongRunLowGrayLevelEmphasis": ("IVPO", "1"),
    "glrlm_LongRunHighGrayLevelEmphasis": ("3KUM", "1"),
    "glrlm_GrayLevelNonUniformity": ("R5YN", "1"),
    "glrlm_GrayLevelNonUniformityNormalized": ("OVBL", "1"),
    "glrlm_RunLengthNonUniformity": ("W92Y", "1"),
    "glrlm_RunLengthNonUniformityNormalized": ("IC23", "1"),
    "glrlm_RunPercentage": ("9ZK5", "1"),
    "glrlm_GrayLevelVariance": ("8CE5", "1"),
    "glrlm_RunVariance": ("SXLW", "1"),
    "glrlm_RunEntropy": ("HJ9O", "bit"),
    "glszm_SmallAreaEmphasis": ("5QRC", "1"),
    "glszm_LargeAreaEmphasis": ("48P8", "1"),
    "glszm_LowGrayLevelZoneEmphasis": ("XMSY", "1"),
    "glszm_HighGrayLevelZoneEmphasis": ("5GN9", "1"),
    "glszm_SmallAreaLowGrayLevelEmphasis": ("5RAI", "1"),
    "glszm_SmallAreaHighGrayLevelEmphasis": ("HW1V", "1"),
    "glszm_LargeAreaLowGrayLevelEmphasis": ("YH51", "1"),
    "glszm_LargeAreaHighGrayLevelEmphasis": ("J17V", "1"),
    "glszm_GrayLevelNonUniformity": ("JNSA", "1"),
    "glszm_GrayLevelNonUniformityNormalized": ("Y1RO", "1"),
    "glszm_SizeZoneNonUniformity": ("4JP3", "1"),
    "glszm_SizeZoneNonUniformityNormalized": ("VB3A", "1"),
    "glszm_ZonePercentage": ("P30P", "1"),
    "glszm_GrayLevelVariance": ("BYLV", "1"),
    "glszm_ZoneVariance": ("3NSA", "1"),
    "glszm_ZoneEntropy": ("GU8N", "bit"),
    "ngtdm_Coarseness": ("QCDE", "1"),
    "ngtdm_Contrast": ("65HE", "1"),
    "ngtdm_Busyness": ("NQ30", "1"),
    "ngtdm_Complexity": ("HDEZ", "1"),
    "ngtdm_Strength": ("1X9X", "1"),
    "gldm_SmallDependenceEmphasis": ("SODN", "1"),
    "gldm_LargeDependenceEmphasis": ("IMOQ", "1"),
    "gldm_LowGrayLevelEmphasis": ("TL9H", "1"),
    "gldm_HighGrayLevelEmphasis": ("OAE7", "1"),
    "gldm_SmallDependenceLowGrayLevelEmphasis": ("EQ3F", "1"),
    "gldm_SmallDependenceHighGrayLevelEmphasis": ("JA6D", "1"),
    "gldm_LargeDependenceLowGrayLevelEmphasis": ("NBZI", "1"),
    "gldm_LargeDependenceHighGrayLevelEmphasis": ("9QMG", "1"),
    "gldm_GrayLevelNonUniformity": ("FP8K", "1"),
    "gldm_DependenceNonUniformity": ("Z87G", "1"),
    "gldm_DependenceNonUniformityNormalized": ("OKJI", "1"),
    "gldm_GrayLevelVariance": ("1PFV", "1"),
    "gldm_DependenceVariance": ("DNX2", "1"),
    "gldm_DependenceEntropy": ("FCBV", "bit"),
}
# What preset `ibsi` offers beside them.
_DEFINITIONS |= {
    "shape_Compactness1": ("SKGS", "1"),
    "shape_Compactness2": ("BQWJ", "1"),
    "shape_SphericalDisproportion": ("KRCK", "1"),
    "shape_Asphericity": ("25C7", "1"),
    "shape_VolumeDensityBox": ("PBX1", "1"),
    "shape_AreaDensityBox": ("R59B", "1"),
    "shape_VolumeDensityEllipsoid": ("6BDE", "1"),
    "shape_AreaDensityEllipsoid": ("RDD2", "1"),
    "shape_VolumeDensityConvexHull": ("R3ER", "1"),
    "shape_AreaDensityConvexHull": ("7T7F", "1"),
    "firstorder_MedianAbsoluteDeviation": ("N72L", _INTENSITY),
    "firstorder_CoefficientOfVariation": ("7TET", "1"),
    "firstorder_QuartileCoefficientOfDispersion": ("9S40", "1"),
    "spatial_LocalPeak": ("VJGA", _INTENSITY),
    "spatial_GlobalPeak": ("0F91", _INTENSITY),
    "spatial_CentreOfMassShift": ("KLMA", "mm"),
    "spatial_IntegratedIntensity": ("99N0", _INTENSITY + " mm³"),
    "spatial_MoranI": ("N365", "1"),
    "spatial_GearyC": ("NPT7", "1"),
    "histogram_Mean": ("X6K6", "1"),
    "histogram_Variance": ("CH89", "1"),
    "histogram_Skewness": ("88K1", "1"),
    "histogram_Kurtosis": ("C3I7", "1"),
    "histogram_Median": ("WIFQ", "1"),
    "histogram_Minimum": ("1PR8", "1"),
    "histogram_10Percentile": ("GPMT", "1"),
    "histogram_90Percentile": ("OZ0C", "1"),
    "histogram_Maximum": ("3NCY", "1"),
    "histogram_InterquartileRange": ("WR0O", "1"),
    "histogram_Range": ("5Z3W", "1"),
    "histogram_MeanAbsoluteDeviation": ("D2ZX", "1"),
    "histogram_RobustMeanAbsoluteDeviation": ("WRZB", "1"),
    "histogram_MedianAbsoluteDeviation": ("4RNL", "1"),
    "histogram_CoefficientOfVariation": ("CWYJ", "1"),
    "histogram_QuartileCoefficientOfDispersion": ("SLWD", "1"),
    "histogram_Mode": ("AMMC", "1"),
    "histogram_MaximumGradient": ("12CE", "1"),
    "histogram_MaximumGradientLevel": ("8E6O", "1"),
    "histogram_MinimumGradient": ("VQB3", "1"),
    "histogram_MinimumGradientLevel": ("RHQZ", "1"),
    "ivh_VolumeAtIntensity10": ("NK6P", "1"),
    "ivh_VolumeAtIntensity90": ("4279", "1"),
    "ivh_IntensityAtVolume10": ("PWN1", _INTENSITY),
    "ivh_IntensityAtVolume90": ("BOHI", _INTENSITY),
    "ivh_VolumeDifference": ("WITY", "1"),
    "ivh_IntensityDifference": ("JXJA", _INTENSITY),
    "gldm_GrayLevelNonUniformityNormalized": ("5SPA", "1"),
    "gldm_DependenceEnergy": ("CAS9", "1"),
    "gldzm_SmallDistanceEmphasis": ("0GBI", "1"),
    "gldzm_LargeDistanceEmphasis": ("MB4I", "1"),
    "gldzm_LowGrayLevelZoneEmphasis": ("S1RA", "1"),
    "gldzm_HighGrayLevelZoneEmphasis": ("K26C", "1"),
    "gldzm_SmallDistanceLowGrayLevelEmphasis": ("RUVG", "1"),
    "gldzm_SmallDistanceHighGrayLevelEmphasis": ("DKNJ", "1"),
    "gldzm_LargeDistanceLowGrayLevelEmphasis": ("A7WM", "1"),
    "gldzm_LargeDistanceHighGrayLevelEmphasis": ("KLTH", "1"),
    "gldzm_GrayLevelNonUniformity": ("VFT7", "1"),
    "gldzm_GrayLevelNonUniformityNormalized": ("7HP3", "1"),
    "gldzm_ZoneDistanceNonUniformity": ("V294", "1"),
    "gldzm_ZoneDistanceNonUniformityNormalized": ("IATH", "1"),
    "gldzm_ZonePercentage": ("VIWW", "1"),
    "gldzm_GrayLevelVariance": ("QK93", "1"),
    "gldzm_ZoneDistanceVariance": ("7WT1", "1"),
    "gldzm_ZoneDistanceEntropy": ("GBDU", "bit"),
}
# Physiological values of a map over a region (`client.imaging.maps.features`), beside PyRadiomics' features.
_DEFINITIONS |= {
    **{f"summary_{name}": ("", _INTENSITY) for name in ("mean", "standard_deviation", "minimum", "maximum")},
    "summary_entropy": ("", "bit"),
}
_PERCENTILES = "summary_p"

# Plug-ins that come with mrfed whose values have the unit of the image.
_INTENSITY_PLUGINS = ("laws", "gabor")

MAP_UNITS = {
    "percent_enhancement": "%",
    "wash_in": "%/s",
    "washout": "%",
    "signal_enhancement_ratio": "1",
    "curve_type": "1",
    "time_to_peak": "s",
    "maximum_slope": "%/s",
    "functional_tumour": "1",
    "t1": "ms",
    "ktrans": "1/min",
    "v_e": "1",
    "v_p": "1",
    "bolus_delay": "s",
    "adc": "mm²/s",
    "ivim_f": "1",
    "ivim_d": "mm²/s",
    "ivim_d_star": "mm²/s",
    "dki_d": "mm²/s",
    "dki_k": "1",
    "dki_md": "mm²/s",
    "dki_fa": "1",
    "dki_mk": "1",
    "ddc": "mm²/s",
    "stretched_alpha": "1",
    "ctrw_d": "mm²/s",
    "ctrw_alpha": "1",
    "ctrw_beta": "1",
    "restriction_f1": "1",
    "restriction_f2": "1",
    "restriction_f3": "1",
    "cell_diameter": "µm",
    "intracellular_fraction": "1",
    "extracellular_d": "mm²/s",
    "cellularity": "1/µm",
    "apt_weighted": "%",
    "vendor_adc": "mm²/s",
    "vendor_apt": "%",
    "vendor_t1": "ms",
    "vendor_t2": "ms",
    "vendor_pd": "%",
    "vendor_pe": "%",
    "vendor_ser": "1",
    "vendor_cell_diameter": "µm",
    "vendor_cellularity": "1/µm",
    "vendor_intracellular_fraction": "1",
    "vendor_b1": "1",
    "vendor_b0": "ppm",
}
"""Unit of each quantitative map, as the registry of maps gives it."""
_SCALAR_UNITS = {"functional_tumour_volume": "ml", "background_enhancement": "1"}
"""Unit of each number of the whole patient; a name begins with one of these."""


@dataclass(frozen=True)
class Entry:
    """One column of a feature table."""

    name: str
    image: str
    region: str
    filter: str
    """`original`, or the filter and its parameters."""
    ibsi_code: str
    """Empty where IBSI defines no such feature."""
    unit: str


def describe(columns: Iterable[str]) -> list[Entry]:
    """Dictionary of a feature table.

    Parameters
    ----------
    columns : names of the form `IMAGE.REGION.FILTER_CLASS_FEATURE`, or `scalar.patient.NAME`

    Notes
    -----
    An image in arbitrary units has the unit `a.u.`. A filtered image has no unit of its own: its intensities are
    called `filtered`, and IBSI's code holds for the formula only.
    """
    return [_entry(column) for column in columns]


def _entry(column: str) -> Entry:
    image, region, feature = column.split(".", 2)
    if image == "scalar":
        unit = next((unit for name, unit in _SCALAR_UNITS.items() if feature.startswith(name)), "1")
        return Entry(column, "", region, "", "", unit)
    filtered, _, formula = feature.partition("_")
    otherwise = _INTENSITY if formula.startswith((*_INTENSITY_PLUGINS, _PERCENTILES)) else "1"
    code, unit = _DEFINITIONS.get(formula, ("", otherwise))
    of_image = MAP_UNITS.get(image, "a.u.") if filtered == "original" else "filtered"
    return Entry(column, image, region, filtered, code, unit.format(image=of_image))
