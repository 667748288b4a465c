"""All images of one patient on their way through the steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from client.imaging.ingest.mapping import Role
from client.imaging.volume import Geometry, Mask, Volume
from shared.clustering.standard_histogram import Standards
from shared.sections.imaging import ImageName
from shared.sections.sequence import Sequence

Normalize = Callable[[ImageName, Volume, Mask], Volume]
"""From an image's name, the image and the voxels that decide its scale to the normalized image."""


@dataclass(frozen=True)
class PatientImages:
    """Images and masks, each on its own grid, and the grid on which all will end.

    Parameters
    ----------
    where : whom messages are about
    grid : the common grid; its axes are those of the reference sequence
    dynamic : phases in order of time
    diffusion : by ascending b-value
    single : sequences of one volume
    repeated : sequences of several volumes that maps alone read
    masks : zeros and ones
    findings : what steps measured on the way, for quality control
    standards : learned across sites; empty before
    normalizations : how an image in arbitrary units, and the region that decides its scale, become the image that
        features are taken of. Maps are computed of the signals before: a ratio of z-scores means nothing.
    """

    where: str
    grid: Geometry
    dynamic: tuple[Volume, ...] = ()
    diffusion: tuple[Volume, ...] = ()
    single: Mapping[Sequence, Volume] = field(default_factory=dict)
    repeated: Mapping[Sequence, tuple[Volume, ...]] = field(default_factory=dict)
    masks: Mapping[Role, Volume] = field(default_factory=dict)
    findings: Mapping[str, float] = field(default_factory=dict)
    standards: Standards = field(default_factory=dict)
    normalizations: tuple[Normalize, ...] = ()

    def map_volumes(self, change: Callable[[Volume], Volume]) -> "PatientImages":
        """Every image changed by one function; masks stay."""
        return replace(
            self,
            dynamic=tuple(map(change, self.dynamic)),
            diffusion=tuple(map(change, self.diffusion)),
            single={sequence: change(volume) for sequence, volume in self.single.items()},
            repeated={sequence: tuple(map(change, several)) for sequence, several in self.repeated.items()},
        )
