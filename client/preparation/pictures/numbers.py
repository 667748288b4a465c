"""What each quality number is called on the page, and how it is written."""

from dataclasses import dataclass

from client.imaging.maps.features import NOT_CONVERGED, RESIDUAL
from client.preparation.pictures.quality import OUT_OF_RANGE


@dataclass(frozen=True)
class Number:
    """A quality number for people.

    Parameters
    ----------
    words : what it is
    unit : of the value times the factor
    digits : after the point
    factor : from the kept value to the shown one
    """

    words: str
    unit: str = ""
    digits: int = 0
    factor: float = 1.0


NUMBERS: dict[str, Number] = {
    "signal_to_noise": Number("signal to noise", "", 1),
    "enhancement": Number("tumour enhances by", "%"),
    "tumour_ml": Number("tumour, volume", "ml", 2),
    "tumour_voxels": Number("tumour, voxels"),
    "tumour_at_border": Number("tumour at the border", "%", 0, 100),
    "field_of_view_x_mm": Number("field of view, columns", "mm"),
    "field_of_view_y_mm": Number("field of view, rows", "mm"),
    "field_of_view_z_mm": Number("field of view, slices", "mm"),
}
"""In the order of the page."""


def number_of(name: str) -> Number | None:
    """How a finding is shown; None where the page shows it otherwise or not at all."""
    if name.startswith(OUT_OF_RANGE):
        return Number(f"{name.removeprefix(OUT_OF_RANGE).replace('_', ' ')} out of range", "%", 1, 100)
    if name.startswith(NOT_CONVERGED):
        return Number(f"{name.removeprefix(NOT_CONVERGED).replace('_', ' ')} not converged", "%", 1, 100)
    if name.startswith(RESIDUAL):
        return Number(f"{name.removeprefix(RESIDUAL).replace('_', ' ')} residual", "%", 1, 100)
    return NUMBERS.get(name)
