"""A series as classic MR images, one a slice (DICOM PS3.3, A.4)."""

from collections.abc import Iterator

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.uid import MRImageStorage, RLELossless

from simulations.dicom.dialect import Dialect
from simulations.dicom.header import da, decimal, header, orientation, position, stored, tm
from simulations.dicom.series import Series, Volume
from simulations.dicom.study import Study
from simulations.scanner import DceProtocol


def images(study: Study, series: Series, dialect: Dialect) -> Iterator[tuple[Volume, Dataset]]:
    """The images of a series, slice by slice; each data set is valid until the next is asked for."""
    export = study.scanner.export
    common = _common(study, series, dialect)
    slices = series.grid.shape[0]
    per_volume, per_slice = (1, len(series.volumes)) if dialect.slice_by_slice else (slices, 1)
    for place, volume in enumerate(series.volumes):
        _acquired(common, study, series, volume, dialect)
        one = _encoded(common)
        for slice_index in range(slices):
            counted = slices - 1 - slice_index if export.descending else slice_index
            number = place * per_volume + counted * per_slice + 1
            one.InstanceNumber = number
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = study.uid(series.name, number)
            one.ImagePositionPatient = position(series.grid, slice_index)
            one.SliceLocation = decimal(series.grid.position_mm(slice_index) @ series.grid.directions[0])
            per_unit = dialect.stored_per_unit(series.number)
            pixels = stored(one, volume.magnitude[slice_index], per_unit)
            one.SmallestImagePixelValue, one.LargestImagePixelValue = int(pixels.min()), int(pixels.max())
            one.add_new("PixelData", "OW", pixels.tobytes())
            if export.compressed:
                one.compress(RLELossless, pixels, generate_instance_uid=False)
            yield volume, one


def _encoded(common: Dataset) -> Dataset:
    """The same data set with its elements as bytes: what no slice changes is encoded once, and then copied."""
    content = DicomBytesIO()
    common.save_as(content, implicit_vr=False, little_endian=True)
    content.seek(0)
    one = dcmread(content, force=True)
    one.file_meta = common.file_meta
    return one


def _common(study: Study, series: Series, dialect: Dialect) -> Dataset:
    protocol, grid = series.protocol, series.grid
    one = header(study, series, dialect, MRImageStorage)
    one.AcquisitionDate = one.ContentDate
    one.ImagingFrequency = round(42.577 * study.scanner.field_t, 3)
    one.ImagedNucleus = "1H"
    one.NumberOfAverages = 1
    one.EchoNumbers = 1
    one.Laterality = "L" if study.patient.left else "R"
    one.SliceThickness = one.SpacingBetweenSlices = grid.spacing_mm[0]
    one.PixelSpacing = [grid.spacing_mm[1], grid.spacing_mm[2]]
    one.ImageOrientationPatient = orientation(grid)
    one.RepetitionTime, one.EchoTime = protocol.tr_ms, protocol.te_ms
    one.AcquisitionMatrix = [0, protocol.columns, protocol.rows, 0]
    one.InPlanePhaseEncodingDirection = "COL"
    one.PercentSampling = one.PercentPhaseFieldOfView = 100
    one.ScanOptions = "FS"
    if isinstance(protocol, DceProtocol):
        one.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
        one.ScanningSequence, one.SequenceVariant, one.MRAcquisitionType = "GR", "SP", "3D"
        one.FlipAngle, one.EchoTrainLength = protocol.flip_deg, 1
        one.ContrastBolusAgent = protocol.agent
        one.NumberOfTemporalPositions = protocol.phases
        one.TemporalResolution = protocol.phase_s * 1000
    else:
        one.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]
        one.ScanningSequence, one.SequenceVariant, one.MRAcquisitionType = "EP", "SK", "2D"
        one.FlipAngle, one.EchoTrainLength = 90, protocol.rows
    if dialect.rescale_slope is not None:
        one.RescaleIntercept, one.RescaleSlope, one.RescaleType = 0, dialect.rescale_slope, "normalized"
    dialect.state_scale(one, dialect.stored_per_unit(series.number))
    for extreme in ("SmallestImagePixelValue", "LargestImagePixelValue"):
        one.add_new(extreme, "SS" if dialect.signed else "US", 0)
    return one


def _acquired(one: Dataset, study: Study, series: Series, volume: Volume, dialect: Dialect) -> None:
    """State what differs between volumes: time and b-value."""
    one.AcquisitionNumber = volume.index + 1 if series.injection else 1
    one.ContentDate, one.ContentTime = da(volume.began), tm(volume.began)
    if volume.b_value is not None:
        dialect.weigh(one, volume.b_value)
    if not study.scanner.export.states_timing:
        return
    one.AcquisitionDate, one.AcquisitionTime = da(volume.began), tm(volume.began)
    if series.injection:
        one.AcquisitionDuration = series.duration_s
        one.ContrastBolusStartTime = tm(series.injection)
        dialect.time(one, (volume.began - series.began).total_seconds())
