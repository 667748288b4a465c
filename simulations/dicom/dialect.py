"""How each vendor's MR images state phases, b-values and scaling."""

from typing import ClassVar

from pydicom.dataset import Dataset

from simulations.scanner import Vendor


class Dialect:
    """What differs between vendors; a subclass overrides where its vendor departs.

    Attributes
    ----------
    manufacturer : as the images name it
    series_per_phase : whether each DCE phase is a series of its own
    slice_by_slice : whether the images of a series are numbered slice by slice, not volume by volume
    signed : whether stored values are signed
    rescale_slope : displayed over stored values; None where classic images do not state one
    scale_slopes : stored values of a unit of magnitude, one series after the other
    """

    manufacturer: ClassVar[str]
    series_per_phase: ClassVar[bool] = True
    slice_by_slice: ClassVar[bool] = False
    signed: ClassVar[bool] = False
    rescale_slope: ClassVar[float | None] = None
    scale_slopes: ClassVar[tuple[float, ...]] = (1.0,)

    def file_name(self, series: int, instance: int) -> str:
        """Where the exporter puts an object, relative to the patient's folder."""
        return f"{series:04d}/{instance:05d}.dcm"

    def time(self, dataset: Dataset, started_s: float) -> None:
        """State in a classic image when its phase began, beyond the acquisition time that all vendors write."""

    def state_b_value(self, dataset: Dataset, b_value: int) -> None:
        """State the b-value in a classic image; by the public attribute."""
        dataset.DiffusionBValue = float(b_value)

    def stored_per_unit(self, series_number: int) -> float:
        """Stored value of a unit of magnitude in a series."""
        return self.scale_slopes[series_number % len(self.scale_slopes)]

    def state_scale(self, dataset: Dataset, per_unit: float) -> None:
        """State that scale in a classic image, where the vendor does so."""

    def state_scale_of_frame(self, groups: Dataset, per_unit: float) -> None:
        """State that scale in the functional groups of an Enhanced image's frame, where the vendor does so."""


class Siemens(Dialect):
    """Siemens: a series a phase; b-value in the CSA header's group."""

    manufacturer = "SIEMENS"

    def state_b_value(self, dataset: Dataset, b_value: int) -> None:
        """(0019,100C), a whole number."""
        dataset.SequenceName = f"ep_b{b_value}{'t' if b_value else ''}"
        dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", str(b_value))


class GE(Dialect):
    """GE: one series with one acquisition time; phases by their delay; b-value with a marker of 10^9."""

    manufacturer = "GE MEDICAL SYSTEMS"
    series_per_phase = False
    signed = True

    def file_name(self, series: int, instance: int) -> str:
        """All in one folder, without an ending."""
        return f"E{series:03d}I{instance:05d}"

    def time(self, dataset: Dataset, started_s: float) -> None:
        """Trigger time, ms after the series began; the acquisition time stays the series'."""
        dataset.AcquisitionTime = dataset.SeriesTime
        dataset.TriggerTime = round(started_s * 1000, 3)

    def state_b_value(self, dataset: Dataset, b_value: int) -> None:
        """(0043,1039), four numbers; the first may carry 10^9, as here wherever b is not 0."""
        first = b_value + 1_000_000_000 if b_value else 0
        block = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
        block.add_new(0x39, "IS", [str(first), "8", "0", "0"])


class Philips(Dialect):
    """Philips: one series sorted slice by slice; stored values scaled twice.

    Magnitude = stored / scale slope, displayed = stored x rescale slope.

    Reference: Chenevert et al., Transl Oncol 7 (2014) 65.
    """

    manufacturer = "Philips Medical Systems"
    series_per_phase = False
    slice_by_slice = True
    rescale_slope = 1.25
    scale_slopes = (4.0, 2.0, 1.0)

    def file_name(self, series: int, instance: int) -> str:
        """Numbered images in a folder, without an ending."""
        return f"DICOM/IM_{series:02d}{instance:04d}"

    def time(self, dataset: Dataset, started_s: float) -> None:
        """Temporal position, and the dynamic's begin in seconds."""
        dataset.TemporalPositionIdentifier = dataset.AcquisitionNumber
        block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
        block.add_new(0xA0, "FL", started_s)

    def state_b_value(self, dataset: Dataset, b_value: int) -> None:
        """The public attribute and (2001,1003)."""
        super().state_b_value(dataset, b_value)
        dataset.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", float(b_value))

    def state_scale(self, dataset: Dataset, per_unit: float) -> None:
        """(2005,100E)."""
        dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", per_unit)

    def state_scale_of_frame(self, groups: Dataset, per_unit: float) -> None:
        """(2005,100E) within the private sequence (2005,140F)."""
        item = Dataset()
        self.state_scale(item, per_unit)
        groups.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(0x0F, "SQ", [item])


class UIH(Dialect):
    """UIH: a series a phase; b-value in a private group."""

    manufacturer = "UIH"

    def state_b_value(self, dataset: Dataset, b_value: int) -> None:
        """(0065,1009), a double."""
        dataset.private_block(0x0065, "Image Private Header", create=True).add_new(0x09, "FD", float(b_value))


DIALECTS: dict[Vendor, Dialect] = {
    Vendor.GE: GE(),
    Vendor.PHILIPS: Philips(),
    Vendor.SIEMENS: Siemens(),
    Vendor.UIH: UIH(),
}
