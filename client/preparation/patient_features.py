"""One patient's features: maps computed, images chosen, radiomics taken of all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from client.imaging.ingest.mapping import Role
from client.imaging.ingest.patient_images import Gathered
from client.imaging.ingest.phase_choice import phase_of
from client.imaging.maps.features import fit_findings, summaries
from client.imaging.maps.functional_tumour_volume import FUNCTIONAL_TUMOUR
from client.imaging.maps.quantity import Quantity
from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.nearest import clipped, onto_grid
from client.imaging.preprocess.nyul import landmarks
from client.imaging.preprocess.otsu import otsu_threshold
from client.imaging.preprocess.registry import preprocess
from client.imaging.radiomics.features import Features
from client.imaging.radiomics.habitat_extraction import extract_habitats
from client.imaging.radiomics.habitats import VoxelVectors, habitat_map, habitat_regions, voxel_vectors
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.patient import extract_patient
from client.imaging.radiomics.regions import Surroundings, regions_of
from client.imaging.volume import Mask, Volume
from client.preparation.patient_maps import patient_maps, readable
from client.preparation.pictures import quality
from client.preparation.pictures.album import Album
from shared.clustering.clusters import Clusters
from shared.sections.imaging import ImageName, Imaging, Step
from shared.sections.radiomics import Habitats, TumourRegion
from shared.sections.sequence import Sequence
from shared.study.study import Study

_BRIGHTEST = 0.999


@dataclass(frozen=True)
class PatientFeatures:
    """What one patient's images gave.

    Parameters
    ----------
    features : `IMAGE.REGION.FEATURE` -> value, NaN where it has none
    findings : numbers for quality control
    timing_assumed : the phases' seconds are the site's declaration
    voxels : of which habitats are made, or why there are none; None where the study has no habitats
    """

    features: Features
    findings: dict[str, float]
    timing_assumed: bool
    voxels: VoxelVectors | Missing | None = None


@dataclass(frozen=True)
class Measurable:
    """A patient's images, maps and regions on one grid, ready to be measured.

    Parameters
    ----------
    images : name -> image in arbitrary units, normalized
    maps : name -> quantitative map
    quantities : name -> what the map is of
    scalars : name -> number of the whole patient
    masks : name -> (z, y, x) region of the study
    tumour : (z, y, x) the lesion
    findings : numbers for quality control
    timing_assumed : the phases' seconds are the site's declaration
    """

    images: dict[str, Volume]
    maps: dict[str, Volume]
    quantities: dict[str, Quantity]
    scalars: dict[str, float]
    masks: dict[str, Mask]
    tumour: Mask
    findings: dict[str, float]
    timing_assumed: bool

    def voxels(self, habitats: Habitats) -> VoxelVectors | Missing:
        """The tumour's voxels over the maps of which habitats are made, or why there are none."""
        return voxel_vectors({name: volume.voxels for name, volume in self.maps.items()}, habitats.maps, self.tumour)


@dataclass(frozen=True)
class _Aligned:
    """A patient's images on one grid, after all steps."""

    images: PatientImages
    regions: dict[Role, Mask]


def patient_features(patient: Measurable, study: Study) -> PatientFeatures:
    """Take features of every region but habitats.

    Parameters
    ----------
    patient : images, maps and regions
    study : with imaging and radiomics
    """
    assert study.radiomics is not None
    features = extract_patient(patient.images, patient.maps, patient.masks, study.radiomics)
    values = features.values | {f"scalar.patient.{name}": value for name, value in patient.scalars.items()}
    missing = dict(features.missing)
    if study.radiomics.map_summaries:
        beside = summaries(patient.maps, patient.quantities, patient.masks)
        values |= beside.values
        missing |= beside.missing
    habitats = study.radiomics.habitats
    return PatientFeatures(
        features=Features(values, missing, features.excluded_voxels),
        findings=patient.findings,
        timing_assumed=patient.timing_assumed,
        voxels=None if habitats is None else patient.voxels(habitats),
    )


def patient_habitats(
    patient: Measurable,
    study: Study,
    clusterings: tuple[Clusters, ...],
    album: Album | None = None,
    corner: tuple[int, ...] = (0, 0, 0),
) -> tuple[Features, ...]:
    """Take features of the habitats of every clustering.

    Parameters
    ----------
    patient : images, maps and regions
    study : with habitats
    clusterings : of each omission of the study; pictures show the habitats of the first
    album : takes pictures on the way, where they are wanted
    corner : slice, row and column of the first voxel, where the patient was cut from whole images
    """
    assert study.radiomics is not None
    assert study.radiomics.habitats is not None
    voxels = patient.voxels(study.radiomics.habitats)
    if album is not None and isinstance(voxels, VoxelVectors):
        habitats = habitat_regions(habitat_map(clusterings[0], voxels), clusterings[0].count)
        album.show_habitats(next(iter((*patient.images.values(), *patient.maps.values()))), habitats, corner)
    return extract_habitats(patient.images, patient.maps, voxels, clusterings, study.radiomics)


def measurable(gathered: Gathered, study: Study, album: Album | None = None) -> Measurable:
    """Preprocess a patient's images, compute maps, draw regions.

    Parameters
    ----------
    gathered : the patient's images; whoever wants their memory back while this runs keeps no hold on them
    study : with imaging; without radiomics the tumour is the only region
    album : takes pictures on the way, where they are wanted

    Raises
    ------
    MrfedError naming the patient, and what a map or an image lacks.
    """
    assert study.imaging is not None
    aligned = _align(gathered.images, study.imaging.steps)
    images, regions = aligned.images, aligned.regions
    findings = dict(images.findings) | quality.of_images(gathered.images)
    drawn = regions.get(Role.TUMOUR, regions.get(Role.VOI))
    if album is not None and drawn is not None:
        album.show_registration(drawn, gathered.images, images)
    gathered = replace(gathered, images=images)  # lets go of the images as they were read: they fill memory
    del aligned
    patient = readable(gathered, images)
    images = patient.images
    gathered = replace(gathered, images=images)
    computed = patient_maps(patient, study, regions)
    del patient  # and of what maps alone read
    maps, quantities = computed.volumes, computed.quantities
    tumour = regions.get(Role.TUMOUR)
    if study.imaging.tumour == "functional":
        tumour = maps[FUNCTIONAL_TUMOUR.name].voxels > 0
    assert tumour is not None
    maps.pop(FUNCTIONAL_TUMOUR.name, None)
    taken = {}
    for name in study.imaging.images:
        image = _image(name, images, gathered, study.imaging)
        for normalize in images.normalizations:
            image = normalize(name, image, _scale_region(image, regions))
        taken[name.value] = image
    imaging, breast = study.imaging, regions.get(Role.BREAST)
    masks = regions_of(
        study.radiomics.regions if study.radiomics else (TumourRegion(region="tumour"),),
        tumour,
        lambda: Surroundings.of(images.grid, breast, _before_contrast(images, gathered, imaging), images.where),
    )
    findings |= {
        "tumour_voxels": float(tumour.sum()),
        "tumour_ml": float(tumour.sum()) * images.grid.voxel_volume_ml,
        **quality.of_tumour(tumour, images),
        **quality.of_maps(tumour, maps, quantities),
        **fit_findings(computed.fits, tumour),
    }
    if album is not None:
        seconds = gathered.timing.seconds if gathered.timing else None
        album.show(images, masks, maps, quantities, seconds or (), gathered.b_values)
    timing_assumed = gathered.timing is not None and gathered.timing.assumed
    return Measurable(taken, maps, quantities, computed.scalars, masks, tumour, findings, timing_assumed)


def patient_landmarks(
    gathered: Gathered, study: Study, album: Album | None = None
) -> tuple[dict[ImageName, tuple[float, ...]], dict[str, float]]:
    """Landmarks of every image before it is normalized: what the standard histogram is learned from.

    Parameters
    ----------
    gathered : the patient's images
    study : with imaging
    album : takes pictures on the way, where they are wanted

    Returns
    -------
    landmarks, and numbers for quality control
    """
    assert study.imaging is not None
    aligned = _align(gathered.images, [step for step in study.imaging.steps if step.step != "nyul"])
    findings = dict(aligned.images.findings) | quality.of_images(gathered.images)
    drawn = aligned.regions.get(Role.TUMOUR, aligned.regions.get(Role.VOI))
    if drawn is not None:
        findings |= {"tumour_voxels": float(drawn.sum()), **quality.of_tumour(drawn, aligned.images)}
    if album is not None and drawn is not None:
        album.show_registration(drawn, gathered.images, aligned.images)
        seconds = gathered.timing.seconds if gathered.timing else None
        album.show(aligned.images, {"tumour": drawn}, {}, {}, seconds or (), gathered.b_values)
    by_source = {}
    for name in study.imaging.images:
        image = _image(name, aligned.images, gathered, study.imaging)
        by_source[name] = tuple(landmarks(image, _scale_region(image, aligned.regions)).tolist())
    return by_source, findings


def _align(images: PatientImages, steps: Iterable[Step]) -> _Aligned:
    images = preprocess(images, steps)
    regions: dict[Role, Mask] = {}
    for role, mask in images.masks.items():
        # these may reach beyond a field of view that was cut; what is analysed may not
        if role in (Role.BREAST, Role.CONTRALATERAL_FIBROGLANDULAR):
            regions[role] = clipped(mask, images.grid)
        else:
            regions[role] = onto_grid(mask, images.grid, f"{images.where}: mask of the {role}")
    return _Aligned(images, regions)


def _scale_region(image: Volume, regions: dict[Role, Mask]) -> Mask:
    """Voxels that decide an image's scale: the breast where there is one, else all tissue."""
    breast = regions.get(Role.BREAST)
    if breast is not None and breast.any():
        return breast
    # without the brightest thousandth: a spike or a vessel in it would be told from all the rest, and taken for tissue
    brightest = np.quantile(image.voxels, _BRIGHTEST)
    return np.asarray(image.voxels > otsu_threshold(np.minimum(image.voxels, brightest)))


def _before_contrast(images: PatientImages, gathered: Gathered, imaging: Imaging) -> Volume | None:
    """The phase before contrast, where there is a dynamic series."""
    return _image(ImageName.BEFORE, images, gathered, imaging) if images.dynamic else None


def _image(name: ImageName, images: PatientImages, gathered: Gathered, imaging: Imaging) -> Volume:
    """An image in arbitrary units by its name."""
    if name is ImageName.T2:
        return images.single[Sequence.T2]
    if name is ImageName.DWI:
        return images.diffusion[-1]
    assert gathered.timing is not None
    assert gathered.timing.seconds is not None
    return images.dynamic[phase_of(name, gathered.timing.seconds, imaging, images.where)]
