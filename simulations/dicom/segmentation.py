"""The tumour's mask as a DICOM Segmentation of the DCE series."""

from collections.abc import Sequence
from datetime import timedelta

import highdicom
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from simulations.dicom.image import Study, da, tm

_NUMBER = 100


def segmentation(study: Study, source: Sequence[Dataset], mask: NDArray[np.bool_]) -> Dataset:
    """A binary segmentation with one segment, as a reader drew it.

    Parameters
    ----------
    source : images of the volume it was drawn on, in the order of the mask's slices
    mask : (slices, rows, columns)
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
        pixel_array=mask,
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
    organisation = study.uid("dimensions")
    for item in (*seg.DimensionOrganizationSequence, *seg.DimensionIndexSequence):
        item.DimensionOrganizationUID = organisation
    return seg
