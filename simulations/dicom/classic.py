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
        dataset = _encoded(common)
        for slice_index in range(slices):
            counted = slices - 1 - slice_index if export.descending else slice_index
            number = place * per_volume + counted * per_slice + 1
            dataset.InstanceNumber = number
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = study.uid(series.name, number)
            dataset.ImagePositionPatient = position(series.grid, slice_index)
            dataset.SliceLocation = decimal(series.grid.position_mm(slice_index) @ series.grid.directions[0])
            per_unit = dialect.stored_per_unit(series.number)
            pixels = stored(dataset, volume.magnitude[slice_index], per_unit)
            dataset.SmallestImagePixelValue, dataset.LargestImagePixelValue = int(pixels.min()), int(pixels.max())
            dataset.add_new("PixelData", "OW", pixels.tobytes())
            if export.compressed:
                dataset.compress(RLELossless, pixels, generate_instance_uid=False)
            yield volume, dataset


def _encoded(common: Dataset) -> Dataset:
    """The same data set with its elements as bytes: what no slice changes is encoded once, and then copied."""
    content = DicomBytesIO()
    common.save_as(content, implicit_vr=False, little_endian=True)
    content.seek(0)
    copied = dcmread(content, force=True)
    copied.file_meta = common.file_meta
    return copied


def _common(study: Study, series: Series, dialect: Dialect) -> Dataset:
    protocol, grid = series.protocol, series.grid
    dataset = header(study, series, dialect, MRImageStorage)
    dataset.AcquisitionDate = dataset.ContentDate
    dataset.ImagingFrequency = round(42.577 * study.scanner.field_t, 3)
    dataset.ImagedNucleus = "1H"
    dataset.NumberOfAverages = 1
    dataset.EchoNumbers = 1
    dataset.Laterality = "L" if study.patient.left else "R"
    dataset.SliceThickness = dataset.SpacingBetweenSlices = grid.spacing_mm[0]
    dataset.PixelSpacing = [grid.spacing_mm[1], grid.spacing_mm[2]]
    dataset.ImageOrientationPatient = orientation(grid)
    dataset.RepetitionTime, dataset.EchoTime = protocol.tr_ms, protocol.te_ms
    dataset.AcquisitionMatrix = [0, protocol.columns, protocol.rows, 0]
    dataset.InPlanePhaseEncodingDirection = "COL"
    dataset.PercentSampling = dataset.PercentPhaseFieldOfView = 100
    dataset.ScanOptions = "FS"
    if isinstance(protocol, DceProtocol):
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
        dataset.ScanningSequence, dataset.SequenceVariant, dataset.MRAcquisitionType = "GR", "SP", "3D"
        dataset.FlipAngle, dataset.EchoTrainLength = protocol.flip_deg, 1
        dataset.ContrastBolusAgent = protocol.agent
        dataset.NumberOfTemporalPositions = protocol.phases
        dataset.TemporalResolution = protocol.phase_s * 1000
    else:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]
        dataset.ScanningSequence, dataset.SequenceVariant, dataset.MRAcquisitionType = "EP", "SK", "2D"
        dataset.FlipAngle, dataset.EchoTrainLength = 90, protocol.rows
    if dialect.rescale_slope is not None:
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, dialect.rescale_slope, "normalized"
    dialect.state_scale(dataset, dialect.stored_per_unit(series.number))
    for extreme in ("SmallestImagePixelValue", "LargestImagePixelValue"):
        dataset.add_new(extreme, "SS" if dialect.signed else "US", 0)
    return dataset


def _acquired(dataset: Dataset, study: Study, series: Series, volume: Volume, dialect: Dialect) -> None:
    """State what differs between volumes: time and b-value."""
    dataset.AcquisitionNumber = volume.index + 1 if series.injection else 1
    dataset.ContentDate, dataset.ContentTime = da(volume.began), tm(volume.began)
    if volume.b_value is not None:
        dialect.state_b_value(dataset, volume.b_value)
    if not study.scanner.export.states_timing:
        return
    dataset.AcquisitionDate, dataset.AcquisitionTime = da(volume.began), tm(volume.began)
    if series.injection:
        dataset.AcquisitionDuration = series.duration_s
        dataset.ContrastBolusStartTime = tm(series.injection)
        dialect.time(dataset, (volume.began - series.began).total_seconds())
