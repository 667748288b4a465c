"""The pictures of one patient: made once, while the images are in memory anyway, and kept in one file.

The file is named after the patient's pseudonym and lies in the workspace; the review page alone reads it.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from client.imaging.maps.quantity import Quantity
from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.otsu import otsu_threshold
from client.imaging.radiomics.box import Mask
from client.imaging.radiomics.overlay import overlay
from client.imaging.volume import Volume
from client.preparation.pictures import picture
from client.preparation.pictures.outline import outlines
from client.preparation.pictures.plane import Plane, edges, slice_of
from shared.files import durable_file

FOLDER = "pictures"
_INDEX = "album.json"
_FORMAT = 1
"""Raised when the same images come to give other pictures."""
_FAT = 0.35
"""Share of the threshold between tissue and air that suppressed fat exceeds."""


@dataclass(frozen=True)
class View:
    """One picture of an album.

    Parameters
    ----------
    name : of the file in the album
    group : which row of the page it belongs to
    caption : what it shows
    low, high, unit : what its darkest and its lightest colour mean; no unit where it is no map
    """

    name: str
    group: str
    caption: str
    low: float = 0.0
    high: float = 0.0
    unit: str = ""


@dataclass(frozen=True)
class Stack:
    """All slices of an image side by side in one picture.

    Parameters
    ----------
    name : of the file in the album
    caption : what it shows
    slices, rows, columns : voxels
    across : slices in a line of the picture
    """

    name: str
    caption: str
    slices: int
    rows: int
    columns: int
    across: int


@dataclass
class Album:
    """Pictures of one patient as they are made, then all that belongs to them.

    Parameters
    ----------
    views, stacks : what there is to see
    plane : that of all views
    spacing_mm : of the voxels of stacks: columns, rows, slices
    letters : directions at the edges of a slice
    contours : region -> slice -> path (`client.preparation.pictures.outline`), in voxels
    pictures : name -> file
    """

    views: list[View] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    plane: Plane | None = None
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    letters: dict[str, str] = field(default_factory=dict)
    contours: dict[str, dict[int, str]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def show_registration(self, tumour: Mask, read: PatientImages, aligned: PatientImages) -> None:
        """The reference in magenta and each moved image in green: as read, and as it was brought onto it.

        Parameters
        ----------
        tumour : (slices, rows, columns) on the common grid; decides what all views look at
        read, aligned : the patient's images before and after all steps
        """
        plane = self.plane = Plane.through(tumour, aligned.grid)
        self.spacing_mm, self.letters = aligned.grid.spacing_mm, edges(aligned.grid)
        fixed = _reference(aligned)
        for name, before, after in _moved(read, aligned):
            for when, volume in (("before", before), ("after", after)):
                moving = slice_of(volume, aligned.grid, plane.number)
                self._add(
                    View(f"{name}-{when}.png", "registration", f"{name.replace('_', ' ')}, {when}"),
                    picture.fused(plane.cut(fixed.voxels[plane.number]), plane.cut(moving)),
                )

    def show(
        self,
        images: PatientImages,
        regions: Mapping[str, Mask],
        maps: Mapping[str, Volume],
        quantities: Mapping[str, Quantity],
        seconds: Sequence[float],
        b_values: Sequence[float],
    ) -> None:
        """Everything else: images, maps, regions.

        Parameters
        ----------
        images : on the common grid
        regions : name -> (slices, rows, columns) on that grid
        maps, quantities : name -> map, and what it is of
        seconds : of the dynamic phases after injection
        b_values : of the diffusion-weighted images, s/mm²
        """
        assert self.plane is not None
        self._show_images(self.plane, images, seconds, b_values)
        self._show_maps(
            self.plane, _body(self.plane.cut(_reference(images).voxels[self.plane.number])), maps, quantities
        )
        shown = images.dynamic[1] if len(images.dynamic) > 1 else _reference(images)
        self._show_regions(shown, regions)

    def show_habitats(self, image: Volume, habitats: Mapping[str, Mask], corner: tuple[int, ...] = (0, 0, 0)) -> None:
        """The tumour's habitats over an image, and their outlines in every slice.

        Parameters
        ----------
        image : whole, or a part of it
        habitats : name -> (slices, rows, columns) on its grid
        corner : slice, row and column of its first voxel among those of the whole
        """
        self.contours |= {name: outlines(mask, corner) for name, mask in habitats.items()}
        picture_of = overlay(image.voxels, habitats, image.geometry.spacing_mm[::-1])
        self._add(View("habitats.png", "regions", "habitats"), picture_of)

    def _show_images(
        self, plane: Plane, images: PatientImages, seconds: Sequence[float], b_values: Sequence[float]
    ) -> None:
        """Phases in one window, so that enhancement shows; every other image in its own."""
        phases = [plane.cut(phase.voxels[plane.number]) for phase in images.dynamic]
        low, high = picture.window(np.stack(phases)) if phases else (0.0, 1.0)
        for number, (cut, second) in enumerate(zip(phases, seconds, strict=True), start=1):
            self._add(View(f"phase_{number}.png", "phases", f"{second:+.0f} s"), picture.grey(cut, low, high))
        captioned = [(f"b = {b:g}", image) for b, image in zip(b_values, images.diffusion, strict=True)]
        captioned += [(sequence.value.upper().replace("_", " "), volume) for sequence, volume in images.single.items()]
        for number, (caption, volume) in enumerate(captioned, start=1):
            cut = plane.cut(volume.voxels[plane.number])
            self._add(View(f"image_{number}.png", "images", caption), picture.grey(cut, *picture.window(cut)))
        after = next((number for number, second in enumerate(seconds) if second > 0), 0)
        if after:
            early = images.dynamic[after].voxels
            self._stack("early", f"after contrast, {seconds[after]:+.0f} s", early)
            self._stack("enhancement", "what contrast added", early - images.dynamic[0].voxels)
        else:
            self._stack("reference", "reference image", _reference(images).voxels)

    def _show_maps(
        self, plane: Plane, body: Mask, maps: Mapping[str, Volume], quantities: Mapping[str, Quantity]
    ) -> None:
        """Each map in colour, without the noise of the air; values that no tissue has in a colour of their own."""
        for name, volume in maps.items():
            cut, quantity = plane.cut(volume.voxels[plane.number], exact=True), quantities[name]
            cut[~body] = np.nan
            plausible = np.asarray(quantity.plausible(cut))
            low, high = picture.window(cut[plausible], 2, 98)
            self._add(
                View(f"map_{name}.png", "maps", name.replace("_", " "), low, high, quantity.unit),
                picture.coloured(cut, low, high, plausible),
            )

    def _show_regions(self, image: Volume, regions: Mapping[str, Mask]) -> None:
        """Regions over an image, and their outlines in every slice."""
        self.contours = {name: outlines(mask) for name, mask in regions.items()}
        spacing_mm = image.geometry.spacing_mm[::-1]
        self._add(View("regions.png", "regions", ", ".join(regions)), overlay(image.voxels, regions, spacing_mm))

    def _add(self, view: View, pixels: picture.Pixels) -> None:
        self.views.append(view)
        self.pictures[view.name] = picture.png(pixels)

    def _stack(self, name: str, caption: str, voxels: NDArray[np.floating]) -> None:
        slices, rows, columns = voxels.shape
        across = int(np.ceil(np.sqrt(slices * rows / columns)))
        sheet = np.zeros((-(-slices // across) * rows, across * columns), np.uint8)
        low, high = picture.window(voxels[:: max(1, slices // 16), ::2, ::2], 1, 99.8)
        for number in range(slices):
            row, column = divmod(number, across)
            sheet[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns] = picture.grey(
                voxels[number], low, high
            )
        self.stacks.append(Stack(f"{name}.jpg", caption, slices, rows, columns, across))
        self.pictures[f"{name}.jpg"] = picture.jpeg(sheet)

    def write(self, path: Path, key: str) -> None:
        """Keep the album, whole or not at all.

        Parameters
        ----------
        path : of the file
        key : digest of the files and settings that it came from
        """
        description = json.dumps({name: value for name, value in asdict(self).items() if name != "pictures"}).encode()
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w") as file:
            for name, content in {_INDEX: description, **self.pictures}.items():
                file.writestr(zipfile.ZipInfo(name), content)  # which has no date: same images, same bytes
            file.comment = _mark(key)
        durable_file.write(path, stream.getvalue())


def read(path: Path, key: str) -> Album | None:
    """An album that was kept; None where there is none of these files and settings."""
    description = index(path, key)
    if description is None:
        return None
    parts: dict[str, Any] = dict(description)
    parts["views"] = [View(**view) for view in parts["views"]]
    parts["stacks"] = [Stack(**stack) for stack in parts["stacks"]]
    parts["plane"] = Plane(**parts["plane"]) if parts["plane"] is not None else None
    parts["spacing_mm"] = tuple(parts["spacing_mm"])
    parts["contours"] = {
        name: {int(number): path for number, path in of_slices.items()} for name, of_slices in parts["contours"].items()
    }
    with zipfile.ZipFile(path) as file:
        images = {name: file.read(name) for name in file.namelist() if name != _INDEX}
    return Album(**parts, pictures=images)


def holds(path: Path, key: str) -> bool:
    """Whether there is an album of these files and settings."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.comment == _mark(key)
    except (FileNotFoundError, zipfile.BadZipFile):
        return False


def index(path: Path, key: str) -> dict[str, object] | None:
    """What an album shows, as JSON; None where there is none of these files and settings."""
    content = content_of(path, _INDEX) if holds(path, key) else None
    description: dict[str, object] | None = json.loads(content) if content is not None else None
    return description


def _mark(key: str) -> bytes:
    return f"{_FORMAT} {key}".encode()


def content_of(path: Path, name: str) -> bytes | None:
    """A picture by its name; None where there is none of that name."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.read(name)
    except (FileNotFoundError, zipfile.BadZipFile, KeyError):
        return None


def path_of(record: Path) -> Path:
    """Where the album of a record lies."""
    return record.parent.parent / FOLDER / f"{record.stem}.zip"


def newest(record: Path, key: str) -> Path:
    """The album to look at: with habitats where they were found, the last ones, else without."""
    folders = record.parent.parent.glob("habitats/*/patients")
    albums = [path_of(folder / record.name) for folder in folders]
    with_habitats = [path for path in albums if holds(path, key)]
    return max(with_habitats, key=lambda path: path.stat().st_mtime, default=path_of(record))


def _reference(images: PatientImages) -> Volume:
    """The image onto which all others are brought."""
    return next(iter((*images.dynamic, *images.single.values(), *images.diffusion)))


def _body(image: NDArray[np.floating]) -> Mask:
    """Where a picture shows the body: fat too, which is dark where its signal is suppressed."""
    return np.asarray(ndimage.binary_fill_holes(image > _FAT * otsu_threshold(image)))


def _moved(read: PatientImages, aligned: PatientImages) -> list[tuple[str, Volume, Volume]]:
    """Images that registration moved: the phase that it moved most, diffusion, T2; as read, and as they are now."""
    millimetres = {
        name.split(".")[1]: value
        for name, value in aligned.findings.items()
        if name.startswith("register.") and name.endswith(".displacement_mm")
    }
    phases = {f"phase_{number}": number - 1 for number in range(1, len(read.dynamic) + 1)}
    most = max((name for name in millimetres if name in phases), key=lambda name: millimetres[name], default=None)
    pairs = []
    if most is not None:
        pairs.append((most, read.dynamic[phases[most]], aligned.dynamic[phases[most]]))
    if "diffusion" in millimetres:
        pairs.append(("diffusion", read.diffusion[0], aligned.diffusion[0]))
    pairs += [
        (sequence.value, read.single[sequence], volume)
        for sequence, volume in aligned.single.items()
        if sequence.value in millimetres
    ]
    return pairs
