"""Functional groups of Enhanced MR images: what frames share, and what is each one's own (DICOM PS3.3, C.7.6.16)."""

from dataclasses import dataclass
from datetime import timedelta

from pydicom.dataset import Dataset

from simulations.dicom.dialect import Dialect
from simulations.dicom.header import da, orientation, position, tm
from simulations.dicom.series import Series, Volume
from simulations.dicom.study import Study
from simulations.scanner import DceProtocol


@dataclass(frozen=True)
class Place:
    """Where a frame lies in its series.

    Attributes
    ----------
    volume : which it is a slice of
    in_series : number of that volume in the series, from 1
    slice_index : index of the slice along the normal, from 0
    in_stack : number of the slice as the scanner counts, from 1
    """

    volume: Volume
    in_series: int
    slice_index: int
    in_stack: int


def shared_groups(study: Study, series: Series, dialect: Dialect) -> Dataset:
    """What all frames of a series share."""
    protocol, grid = series.protocol, series.grid
    dynamic = isinstance(protocol, DceProtocol)
    flip_deg = protocol.flip_deg if isinstance(protocol, DceProtocol) else 90.0
    laterality = "L" if study.patient.left else "R"
    return item(
        PixelMeasuresSequence=[
            item(
                SliceThickness=grid.spacing_mm[0],
                SpacingBetweenSlices=grid.spacing_mm[0],
                PixelSpacing=[grid.spacing_mm[1], grid.spacing_mm[2]],
            )
        ],
        PlaneOrientationSequence=[item(ImageOrientationPatient=orientation(grid))],
        FrameAnatomySequence=[
            item(
                FrameLaterality=laterality,
                AnatomicRegionSequence=[item(CodeValue="76752008", CodingSchemeDesignator="SCT", CodeMeaning="Breast")],
            )
        ],
        MRTimingAndRelatedParametersSequence=[
            item(
                RepetitionTime=protocol.tr_ms,
                FlipAngle=flip_deg,
                EchoTrainLength=1 if dynamic else protocol.rows,
                RFEchoTrainLength=0 if dynamic else 1,
                GradientEchoTrainLength=1 if dynamic else protocol.rows,
                OperatingModeSequence=[
                    item(OperatingModeType=kind, OperatingMode="IEC_NORMAL")
                    for kind in ("STATIC FIELD", "RF", "GRADIENT")
                ],
                SpecificAbsorptionRateSequence=[
                    item(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=1.0)
                ],
                GradientOutputType="DB_DT",
                GradientOutput=30.0,
            )
        ],
        MRAveragesSequence=[item(NumberOfAverages=1)],
        MRImagingModifierSequence=[
            item(
                MagnetizationTransfer="NONE",
                BloodSignalNulling="NO",
                Tagging="NONE",
                TransmitterFrequency=42.577 * study.scanner.field_t,
                PixelBandwidth=500.0,
            )
        ],
        MRModifierSequence=[
            item(
                InversionRecovery="NO",
                FlowCompensation="NONE",
                Spoiling="RF" if dynamic else "NONE",
                T2Preparation="NO",
                SpectrallySelectedExcitation="NONE",
                SpatialPresaturation="NONE",
                PartialFourier="NO",
                ParallelAcquisition="NO",
            )
        ],
        MRReceiveCoilSequence=[
            item(
                ReceiveCoilName="BREAST",
                ReceiveCoilManufacturerName="",
                ReceiveCoilType="SURFACE",
                QuadratureReceiveCoil="NO",
            )
        ],
        MRTransmitCoilSequence=[
            item(TransmitCoilName="BODY", TransmitCoilManufacturerName="", TransmitCoilType="BODY")
        ],
        MREchoSequence=[item(EffectiveEchoTime=protocol.te_ms)],
        MRFOVGeometrySequence=[
            item(
                InPlanePhaseEncodingDirection="COLUMN",
                MRAcquisitionFrequencyEncodingSteps=protocol.columns,
                MRAcquisitionPhaseEncodingStepsInPlane=protocol.rows,
                MRAcquisitionPhaseEncodingStepsOutOfPlane=protocol.slices,
                PercentSampling=100,
                PercentPhaseFieldOfView=100,
            )
        ],
        PixelValueTransformationSequence=[
            item(RescaleIntercept=0, RescaleSlope=dialect.rescale_slope or 1, RescaleType="US")
        ],
    )


def frame_groups(study: Study, series: Series, dialect: Dialect, place: Place) -> Dataset:
    """What is one frame's own: place, time, and diffusion weighting or contrast."""
    volume = place.volume
    frame = item(
        FrameContentSequence=[
            item(
                StackID="1",
                InStackPositionNumber=place.in_stack,
                TemporalPositionIndex=place.in_series if series.injection else 1,
                DimensionIndexValues=[1, place.in_stack, place.in_series],
            )
        ],
        PlanePositionSequence=[item(ImagePositionPatient=position(series.grid, place.slice_index))],
        MRImageFrameTypeSequence=[
            item(
                FrameType=image_type(volume.b_value is not None),
                PixelPresentation="MONOCHROME",
                VolumetricProperties="VOLUME",
                VolumeBasedCalculationTechnique="NONE",
                ComplexImageComponent="MAGNITUDE",
                AcquisitionContrast="T1" if volume.b_value is None else "DIFFUSION",
            )
        ],
    )
    if study.scanner.export.states_timing:
        content = frame.FrameContentSequence[0]
        centre = volume.began + timedelta(seconds=series.duration_s / 2)
        content.FrameAcquisitionDateTime = da(volume.began) + tm(volume.began)
        content.FrameReferenceDateTime = da(centre) + tm(centre)
        content.FrameAcquisitionDuration = series.duration_s * 1000
    if volume.b_value is not None:
        frame.MRDiffusionSequence = [
            item(
                DiffusionBValue=float(volume.b_value),
                DiffusionDirectionality="ISOTROPIC" if volume.b_value else "NONE",
            )
        ]
    if series.injection:
        administered = volume.began >= series.injection
        frame.ContrastBolusUsageSequence = [
            item(
                ContrastBolusAgentNumber=1,
                ContrastBolusAgentAdministered="YES" if administered else "NO",
                ContrastBolusAgentDetected="YES" if administered else "NO",
            )
        ]
    dialect.state_scale_of_frame(frame, dialect.stored_per_unit(series.number))
    return frame


def image_type(diffusion: bool) -> list[str]:
    """Image Type, and Frame Type, of a dynamic or diffusion-weighted image."""
    return ["ORIGINAL", "PRIMARY", "DIFFUSION" if diffusion else "DYNAMIC", "NONE"]


def item(**attributes: object) -> Dataset:
    """A data set of attributes by keyword: an item of a sequence."""
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset
