"""The tumour's mask as a DICOM Segmentation of the DCE series."""

from collections.abc import Sequence
from datetime import timedelta

import highdicom
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from simulations.dicom.header import da, decimal, tm
from simulations.dicom.study import Study
from simulations.phantom.grid import Grid

_NUMBER = 100


def segmentation(study: Study, source: Sequence[Dataset], mask: NDArray[np.bool_], grid: Grid) -> Dataset:
    """A binary segmentation with one segment, as a reader drew it.

    Parameters
    ----------
    source : classic images of the volume it was drawn on, in any order, or one Enhanced image that holds it
    mask : (slices, rows, columns)
    grid : its geometry
    """
    description = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="Tumour",
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Mass,
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
        tracking_uid=study.uid("tumour"),
        tracking_id="Tumour 1",
    )
    seg = highdicom.seg.Segmentation(
        source_images=source,
        pixel_array=highdicom.Volume(
            mask.astype(np.uint8),
            affine=_affine(grid),
            coordinate_system=highdicom.CoordinateSystemNames.PATIENT,
            frame_of_reference_uid=source[0].FrameOfReferenceUID,
        ),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[description],
        series_instance_uid=study.uid("segmentation"),
        series_number=_NUMBER,
        sop_instance_uid=study.uid("segmentation", 1),
        instance_number=1,
        manufacturer="mrfed",
        manufacturer_model_name="Simulated reader",
        software_versions="1",
        device_serial_number="SIM",
        content_label="TUMOUR",
        content_description="Simulated tumour",
        series_description="Tumour segmentation",
    )
    # The library writes the clock and random identifiers; the same seed shall give the same bytes.
    drawn = study.start + timedelta(hours=2)
    for date, time in (("InstanceCreationDate", "InstanceCreationTime"), ("SeriesDate", "SeriesTime")):
        setattr(seg, date, da(drawn))
        setattr(seg, time, tm(drawn))
    seg.ContentDate, seg.ContentTime = da(drawn), tm(drawn)
    for equipment in seg.ContributingEquipmentSequence:
        if "ContributionDateTime" in equipment:
            equipment.ContributionDateTime = da(drawn) + tm(drawn)
    organization = study.uid("dimensions")
    for item in (*seg.DimensionOrganizationSequence, *seg.DimensionIndexSequence):
        item.DimensionOrganizationUID = organization
    return seg


def _affine(grid: Grid) -> NDArray[np.float64]:
    """(4, 4) from (slice, row, column) to LPS."""
    affine = np.eye(4)
    affine[:3, :3] = (grid.directions * np.array(grid.spacing_mm)[:, None]).T
    affine[:3, 3] = [decimal(value) for value in grid.origin_mm]
    return affine
