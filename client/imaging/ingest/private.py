"""Vendors' private header elements, found in their creator's block."""

from dataclasses import dataclass
from typing import Literal

from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import text


@dataclass(frozen=True)
class Private:
    """A private element of one vendor."""

    vendor: str
    creator: str
    group: int
    element: int
    binary: Literal["", "<f", "<d"] = ""
    """How the bytes are packed where the value representation was lost (VR UN); empty for digits."""

    def tag(self, dataset: Dataset, manufacturer: str) -> int | None:
        """Where the element lies: in its creator's block, or the usual one where the creator is gone; else None."""
        creators = [tag for tag in dataset.keys() if tag >> 16 == self.group and 0x10 <= tag & 0xFFFF <= 0xFF]  # noqa: SIM118
        block = next(((tag & 0xFF) << 8 for tag in creators if text(dataset, tag) == self.creator), None)
        if block is None:
            known = manufacturer.lower().replace("united imaging", "uih").startswith(self.vendor)
            if not known or creators:
                return None
            block = 0x1000
        return (self.group << 16) | block | self.element
