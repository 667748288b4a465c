"""A series as one Enhanced MR image, all its frames in one object (DICOM PS3.3, A.36)."""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, RLELossless

from simulations.dicom.dialect import Dialect
from simulations.dicom.functional_groups import Place, frame_groups, image_type, item, shared_groups
from simulations.dicom.header import da, header, stored, tm
from simulations.dicom.series import Series
from simulations.dicom.study import Study
from simulations.scanner import DceProtocol


def image(study: Study, series: Series, dialect: Dialect) -> Dataset:
    """The object of a series; its frames run volume by volume, slice by slice."""
    export = study.scanner.export
    dataset = _common(study, series, dialect)
    slices = range(series.grid.shape[0])
    order = [
        (place, volume, slice_index)
        for place, volume in enumerate(series.volumes, start=1)
        for slice_index in (reversed(slices) if export.descending else slices)
    ]
    per_unit = dialect.stored_per_unit(series.number)
    pixels = np.stack([stored(dataset, volume.magnitude[index], per_unit) for _, volume, index in order])
    dataset.NumberOfFrames = len(order)
    dataset.SharedFunctionalGroupsSequence = [shared_groups(study, series, dialect)]
    dataset.PerFrameFunctionalGroupsSequence = [
        frame_groups(study, series, dialect, Place(volume, place, slice_index, frame % len(slices) + 1))
        for frame, (place, volume, slice_index) in enumerate(order)
    ]
    dataset.PixelData = pixels.tobytes()
    if export.compressed:
        dataset.compress(RLELossless, pixels, generate_instance_uid=False)
    return dataset


def _common(study: Study, series: Series, dialect: Dialect) -> Dataset:
    """All that stands outside of the functional groups."""
    dataset = header(study, series, dialect, EnhancedMRImageStorage)
    began = series.volumes[0].began
    diffusion = series.injection is None
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = study.uid(series.name, 1)
    dataset.InstanceNumber = 1
    dataset.ContentTime = tm(began)
    dataset.ImageType = image_type(diffusion)
    dataset.PixelPresentation = "MONOCHROME"
    dataset.VolumetricProperties = "VOLUME"
    dataset.VolumeBasedCalculationTechnique = "NONE"
    dataset.ComplexImageComponent = "MAGNITUDE"
    dataset.AcquisitionContrast = "DIFFUSION" if diffusion else "T1"
    dataset.AcquisitionNumber = series.volumes[0].index + 1
    dataset.ResonantNucleus = "1H"
    dataset.KSpaceFiltering = "NONE"
    dataset.ContentQualification = "RESEARCH"
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.ApplicableSafetyStandardAgency = "IEC"
    dataset.PulseSequenceName = "ep2d" if diffusion else "spgr3d"
    dataset.MRAcquisitionType = "2D" if diffusion else "3D"
    dataset.EchoPulseSequence = "SPIN" if diffusion else "GRADIENT"
    dataset.MultiPlanarExcitation = "NO"
    dataset.PhaseContrast = dataset.TimeOfFlightContrast = "NO"
    dataset.SteadyStatePulseSequence = "NONE"
    dataset.EchoPlanarPulseSequence = "YES" if diffusion else "NO"
    dataset.SaturationRecovery = "NO"
    dataset.SpectrallySelectedSuppression = "FAT"
    dataset.OversamplingPhase = "NONE"
    dataset.GeometryOfKSpaceTraversal = "RECTILINEAR"
    dataset.RectilinearPhaseEncodeReordering = "LINEAR"
    dataset.SegmentedKSpaceTraversal = "SINGLE"
    dataset.NumberOfKSpaceTrajectories = 1
    if isinstance(series.protocol, DceProtocol):
        dataset.CoverageOfKSpace = "FULL"
        dataset.ContrastBolusAgentSequence = [_agent(study, series, series.protocol.agent)]
    else:
        dataset.MultipleSpinEcho = "NO"
    if study.scanner.export.states_timing:
        dataset.AcquisitionDateTime = da(began) + tm(began)
        dataset.AcquisitionDuration = series.duration_s * len(series.volumes)
    dataset.AcquisitionContextSequence = Sequence()
    organization = study.uid(series.name, "dimensions")
    varying = (0x00189087, 0x00189117) if diffusion else (0x00209128, 0x00209111)
    dataset.DimensionOrganizationSequence = [item(DimensionOrganizationUID=organization)]
    dataset.DimensionIndexSequence = [
        item(DimensionOrganizationUID=organization, DimensionIndexPointer=pointer, FunctionalGroupPointer=group)
        for pointer, group in ((0x00209056, 0x00209111), (0x00209057, 0x00209111), varying)
    ]
    return dataset


def _agent(study: Study, series: Series, name: str) -> Dataset:
    """The contrast agent, and when its bolus began."""
    profile = item(ContrastBolusVolume=None)
    if series.injection and study.scanner.export.states_timing:
        profile.ContrastBolusStartTime = tm(series.injection)
    return item(
        CodeValue="385420005",
        CodingSchemeDesignator="SCT",
        CodeMeaning=f"Contrast agent ({name})",
        ContrastBolusAgentNumber=1,
        ContrastBolusAdministrationRouteSequence=[
            item(CodeValue="47625008", CodingSchemeDesignator="SCT", CodeMeaning="Intravenous route")
        ],
        ContrastBolusIngredientCodeSequence=[],
        ContrastBolusVolume=None,
        ContrastBolusIngredientConcentration=None,
        ContrastAdministrationProfileSequence=[profile],
    )
