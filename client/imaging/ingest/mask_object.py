"""The header of an object that holds masks: what it outlines, by whom, and on which series."""

from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import text, whole
from client.imaging.ingest.frame import MaskObject, Segment


def mask_object(dataset: Dataset, path: str, patient: str) -> MaskObject:
    """A DICOM SEG's segments, or an RTSTRUCT's regions of interest.

    Parameters
    ----------
    dataset : header
    path : relative to the folder of exports
    patient : whose it is
    """
    if text(dataset, 0x00080060) == "SEG":
        items = dataset.get("SegmentSequence") or ()
        segments = [(whole(item, 0x00620004), text(item, 0x00620005)) for item in items]
        reader = text(dataset, 0x00700084)
        frame_of_reference = text(dataset, 0x00200052)
        referenced = [text(series, 0x0020000E) for series in dataset.get("ReferencedSeriesSequence") or ()]
    else:
        items = dataset.get("StructureSetROISequence") or ()
        segments = [(whole(item, 0x30060022), text(item, 0x30060026)) for item in items]
        reader = text(dataset, 0x00081070)
        frame_of_reference = next((text(item, 0x30060024) for item in items), "")
        referenced = [
            text(series, 0x0020000E)
            for frame in dataset.get("ReferencedFrameOfReferenceSequence") or ()
            for study in frame.get("RTReferencedStudySequence") or ()
            for series in study.get("RTReferencedSeriesSequence") or ()
        ]
    return MaskObject(
        path=path,
        patient=patient,
        study=text(dataset, 0x0020000D),
        series=text(dataset, 0x0020000E),
        instance=text(dataset, 0x00080018),
        modality=text(dataset, 0x00080060),
        description=text(dataset, 0x0008103E),
        reader=reader,
        referenced_series=tuple(series for series in referenced if series),
        frame_of_reference=frame_of_reference,
        segments=tuple(Segment(number, label) for number, label in segments if number is not None),
    )
