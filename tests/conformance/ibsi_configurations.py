"""The configurations of IBSI-1 under preset `ibsi`: the digital phantom, and the CT phantom in five ways.

Reference: IBSI reference manual, arXiv:1612.07003, "Radiomics phantoms", tables of configurations A to E. A folder
may hold the reference values of any of them, as `config_a.csv`; those that are there are compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.ibsi.discretization import Bins
from client.imaging.radiomics.ibsi.grid import grid_of, interpolate, interpolate_mask
from client.imaging.radiomics.ibsi.intensity_mask import Range, intensity_mask
from client.imaging.radiomics.ibsi.settings import FAMILIES, IbsiSettings
from shared.sections.ibsi import Aggregation, Ibsi, Interpolation
from tests.conformance.ibsi_tags import IBSI, WITHOUT_USE, aggregated
from tests.conformance.reference import Comparison, Reference, Status, matched, references

IN_SLICES = {
    "2D_avg": Aggregation.SLICES_AVERAGED,
    "2D_comb": Aggregation.SLICES_MERGED,
    "2_5D_avg": Aggregation.STACK_AVERAGED,
    "2_5D_comb": Aggregation.STACK_MERGED,
    "2D": Aggregation.SLICES_MERGED,
    "2_5D": Aggregation.STACK_MERGED,
}
IN_VOLUME = {
    "3D_avg": Aggregation.VOLUME_AVERAGED,
    "3D_comb": Aggregation.VOLUME_MERGED,
    "3D": Aggregation.VOLUME_MERGED,
}


@dataclass(frozen=True)
class Configuration:
    """How an image is processed.

    Parameters
    ----------
    processing : settings of section `ibsi`, but the aggregation
    aggregations : IBSI's ending of a tag -> aggregation
    bins, volume_bins : of the image, and of its intensity-volume histogram
    intensity_range : of re-segmentation
    """

    processing: Mapping[str, object]
    aggregations: Mapping[str, Aggregation]
    bins: Bins
    volume_bins: Bins = Bins()  # noqa: RUF009 - frozen
    intensity_range: Range = (None, None)

    def settings(self, aggregation: Aggregation, families: tuple[str, ...] = tuple(FAMILIES)) -> IbsiSettings:
        """Settings of one aggregation."""
        return IbsiSettings(
            processing=Ibsi.model_validate({**self.processing, "aggregation": aggregation}),
            bins=self.bins,
            volume_bins=self.volume_bins,
            intensity_range=self.intensity_range,
            families=families,
        )


_IN_PLANE = {"spacing_mm": 2.0, "interpolation": Interpolation.LINEAR, "round_intensities": True}
PHANTOM = Configuration({"spacing_mm": None}, IN_SLICES | IN_VOLUME, Bins())
CONFIGURATIONS = {
    "a": Configuration({"spacing_mm": None}, IN_SLICES, Bins(width=25), intensity_range=(-500, 400)),
    "b": Configuration(_IN_PLANE, IN_SLICES, Bins(count=32), intensity_range=(-500, 400)),
    "c": Configuration(_IN_PLANE, IN_VOLUME, Bins(width=25), Bins(width=2.5), (-1000, 400)),
    "d": Configuration({**_IN_PLANE, "outlier_sigma": 3.0}, IN_VOLUME, Bins(count=32)),
    "e": Configuration(
        {**_IN_PLANE, "interpolation": Interpolation.CUBIC, "outlier_sigma": 3.0},
        IN_VOLUME,
        Bins(count=32),
        Bins(count=1000),
        (-1000, 400),
    ),
}


@dataclass(frozen=True)
class Phantom:
    """An image and its region."""

    voxels: NDArray[np.floating]
    inside: NDArray[np.bool_]
    spacing_mm: tuple[float, float, float]
    """Along x, y, z."""

    @classmethod
    def read(cls, folder: Path) -> "Phantom":
        """`phantom.nii.gz` and `mask.nii.gz` of a folder."""
        image = sitk.ReadImage(folder / "phantom.nii.gz")
        mask = sitk.GetArrayFromImage(sitk.ReadImage(folder / "mask.nii.gz"))
        return cls(sitk.GetArrayFromImage(image), mask > 0, image.GetSpacing())


def values(phantom: Phantom, configuration: Configuration) -> dict[str, dict[str, float]]:
    """Features of a phantom by IBSI's aggregation (empty for those without) and name."""
    textures = tuple(name for name in FAMILIES if name in ("glcm", "glrlm", "glszm", "gldzm", "ngtdm", "gldm"))
    measured: dict[Aggregation, dict[str, float]] = {}
    for aggregation in configuration.aggregations.values():
        if aggregation not in measured:
            settings = configuration.settings(aggregation, textures if measured else tuple(FAMILIES))
            found = extract(phantom.voxels, phantom.spacing_mm, {"roi": phantom.inside}, settings)["roi"]
            measured[aggregation] = found.values
    of_all = next(iter(measured.values()))
    return {"": of_all, **{ending: measured[one] for ending, one in configuration.aggregations.items()}}


def compare(phantom: Phantom, configuration: Configuration, table: Path) -> Iterator[Comparison]:
    """Every reference value of a table, against ours; those of the image and mask themselves too."""
    measured = values(phantom, configuration)
    described = descriptions(phantom, configuration)
    for reference in references(table):
        stem, aggregation = aggregated(reference.tag)
        feature = IBSI.get(stem, "")
        value = described.get(reference.tag)
        if value is None:
            value = measured.get(aggregation, {}).get(f"original_{feature}")
        yield Comparison(
            reference.tag, reference.value, reference.tolerance, feature, value, _status(stem, value, reference)
        )


def _status(stem: str, value: float | None, reference: Reference) -> Status:
    if value is None:
        return Status.NOT_OFFERED if stem in WITHOUT_USE else Status.DIFFERS
    return Status.MATCHED if matched(value, reference.value, reference.tolerance) else Status.DIFFERS


def descriptions(phantom: Phantom, configuration: Configuration) -> dict[str, float]:
    """IBSI's description of image and masks: as read, interpolated, and re-segmented."""
    settings = configuration.settings(next(iter(configuration.aggregations.values())))
    spacing_mm = phantom.spacing_mm[::-1]
    grid = grid_of(phantom.voxels.shape, spacing_mm, settings.wanted_mm())
    box = tuple(slice(0, length) for length in grid.new_shape)
    image = interpolate(phantom.voxels, grid, box, settings.processing.interpolation)
    if settings.processing.round_intensities:
        image = np.rint(image)
    inside = interpolate_mask(phantom.inside, grid, box)
    kept = intensity_mask(image, inside, settings.intensity_range, settings.processing.outlier_sigma)
    described = _of_image(phantom.voxels, spacing_mm, "init") | _of_image(image, grid.new_spacing_mm, "interp")
    for stage, voxels, shape, measured in (
        ("init", phantom.voxels, phantom.inside, phantom.inside),
        ("interp", image, inside, inside),
        ("reseg", image, inside, kept),
    ):
        described |= _of_masks(voxels, shape, measured, stage)
    return described


def _of_image(voxels: NDArray[np.floating], spacing_mm: tuple[float, ...], stage: str) -> dict[str, float]:
    sides = zip("zyx", voxels.shape, spacing_mm, strict=True)
    intensities = {"mean": voxels.mean(), "min": voxels.min(), "max": voxels.max()}
    return {
        **{f"{name}_int_{stage}_img": float(value) for name, value in intensities.items()},
        **{
            tag: value
            for axis, length, mm in sides
            for tag, value in ((f"img_dim_{axis}_{stage}_img", length), (f"vox_dim_{axis}_{stage}_img", mm))
        },
    }


def _of_masks(
    voxels: NDArray[np.floating], shape: NDArray[np.bool_], measured: NDArray[np.bool_], stage: str
) -> dict[str, float]:
    described: dict[str, float] = {}
    for kind, mask in (("int", measured), ("morph", shape)):
        described[f"{kind}_mask_vox_count_{stage}_roi"] = int(mask.sum())
        extent = np.ptp(np.argwhere(mask), axis=0) + 1
        for axis, length, side in zip("zyx", mask.shape, extent, strict=True):
            described[f"{kind}_mask_dim_{axis}_{stage}_roi"] = length
            described[f"{kind}_mask_bb_dim_{axis}_{stage}_roi"] = int(side)
    inside = voxels[measured]
    of_intensities = {"mean": inside.mean(), "min": inside.min(), "max": inside.max()}
    return described | {f"int_mask_{name}_int_{stage}_roi": float(value) for name, value in of_intensities.items()}
