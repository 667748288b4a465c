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
    one = _common(study, series, dialect)
    slices = range(series.grid.shape[0])
    order = [
        (place, volume, slice_index)
        for place, volume in enumerate(series.volumes, start=1)
        for slice_index in (reversed(slices) if export.descending else slices)
    ]
    per_unit = dialect.stored_per_unit(series.number)
    pixels = np.stack([stored(one, volume.magnitude[index], per_unit) for _, volume, index in order])
    one.NumberOfFrames = len(order)
    one.SharedFunctionalGroupsSequence = [shared_groups(study, series, dialect)]
    one.PerFrameFunctionalGroupsSequence = [
        frame_groups(study, series, dialect, Place(volume, place, slice_index, frame % len(slices) + 1))
        for frame, (place, volume, slice_index) in enumerate(order)
    ]
    one.PixelData = pixels.tobytes()
    if export.compressed:
        one.compress(RLELossless, pixels, generate_instance_uid=False)
    return one


def _common(study: Study, series: Series, dialect: Dialect) -> Dataset:
    """All that stands outside of the functional groups."""
    one = header(study, series, dialect, EnhancedMRImageStorage)
    began = series.volumes[0].began
    diffusion = series.injection is None
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = study.uid(series.name, 1)
    one.InstanceNumber = 1
    one.ContentTime = tm(began)
    one.ImageType = image_type(diffusion)
    one.PixelPresentation = "MONOCHROME"
    one.VolumetricProperties = "VOLUME"
    one.VolumeBasedCalculationTechnique = "NONE"
    one.ComplexImageComponent = "MAGNITUDE"
    one.AcquisitionContrast = "DIFFUSION" if diffusion else "T1"
    one.AcquisitionNumber = series.volumes[0].index + 1
    one.ResonantNucleus = "1H"
    one.KSpaceFiltering = "NONE"
    one.ContentQualification = "RESEARCH"
    one.BurnedInAnnotation = "NO"
    one.LossyImageCompression = "00"
    one.PresentationLUTShape = "IDENTITY"
    one.ApplicableSafetyStandardAgency = "IEC"
    one.PulseSequenceName = "ep2d" if diffusion else "spgr3d"
    one.MRAcquisitionType = "2D" if diffusion else "3D"
    one.EchoPulseSequence = "SPIN" if diffusion else "GRADIENT"
    one.MultiPlanarExcitation = "NO"
    one.PhaseContrast = one.TimeOfFlightContrast = "NO"
    one.SteadyStatePulseSequence = "NONE"
    one.EchoPlanarPulseSequence = "YES" if diffusion else "NO"
    one.SaturationRecovery = "NO"
    one.SpectrallySelectedSuppression = "FAT"
    one.OversamplingPhase = "NONE"
    one.GeometryOfKSpaceTraversal = "RECTILINEAR"
    one.RectilinearPhaseEncodeReordering = "LINEAR"
    one.SegmentedKSpaceTraversal = "SINGLE"
    one.NumberOfKSpaceTrajectories = 1
    if isinstance(series.protocol, DceProtocol):
        one.CoverageOfKSpace = "FULL"
        one.ContrastBolusAgentSequence = [_agent(study, series, series.protocol.agent)]
    else:
        one.MultipleSpinEcho = "NO"
    if study.scanner.export.states_timing:
        one.AcquisitionDateTime = da(began) + tm(began)
        one.AcquisitionDuration = series.duration_s * len(series.volumes)
    one.AcquisitionContextSequence = Sequence()
    organization = study.uid(series.name, "dimensions")
    varying = (0x00189087, 0x00189117) if diffusion else (0x00209128, 0x00209111)
    one.DimensionOrganizationSequence = [item(DimensionOrganizationUID=organization)]
    one.DimensionIndexSequence = [
        item(DimensionOrganizationUID=organization, DimensionIndexPointer=pointer, FunctionalGroupPointer=group)
        for pointer, group in ((0x00209056, 0x00209111), (0x00209057, 0x00209111), varying)
    ]
    return one


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
