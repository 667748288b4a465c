"""Pictures of a simulated patient's regions and habitats, for the report of a study over a simulated cohort.

They are drawn here, from a cohort that this program wrote. No answer of a site has room for a picture, so that a report
about hospitals has none.
"""

from pathlib import Path

from client.imaging.ingest import mapping as mapping_file
from client.imaging.ingest.examination import examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.patient_images import gather
from client.imaging.radiomics.habitats import VoxelVectors, habitat_map, habitat_regions
from client.imaging.radiomics.overlay import overlay
from client.imaging.volume import Mask, Volume
from client.preparation.patient_features import Measurable, measurable
from client.preparation.pictures.picture import png
from client.site.site_file import Site
from server.report.picture import Picture
from shared.results.result import Result
from simulations.cohort import is_simulated

COLOURS = ("orange", "light blue", "green", "yellow", "dark blue", "red", "pink")
"""As `client.imaging.radiomics.overlay` gives them."""


def pictures(result: Result, site: Site) -> tuple[Picture, ...]:
    """The regions and the habitats of one patient of a simulated hospital.

    Parameters
    ----------
    result : of a study over a simulated cohort
    site : one of its hospitals

    Returns
    -------
    nothing where the study takes no images, or the hospital is no simulated one
    """
    study, dicom = result.study, site.data.dicom
    if study.question.patients != "simulated" or study.radiomics is None or dicom is None or not is_simulated(dicom):
        return ()
    patient = _first(site, dicom, result)
    volume = next(iter((*patient.images.values(), *patient.maps.values())))
    drawn = [_picture("Regions", volume, patient.masks)]
    if result.habitats is not None and study.habitats is not None:
        voxels = patient.voxels(study.habitats)
        if isinstance(voxels, VoxelVectors):
            clusters = result.habitats.found[0].clusters()
            habitats = habitat_regions(habitat_map(clusters, voxels), clusters.count)
            drawn.append(_picture("Habitats", volume, habitats))
    return tuple(drawn)


def _first(site: Site, dicom: Path, result: Result) -> Measurable:
    """The hospital's first patient, ready to be measured."""
    assert result.study.imaging is not None
    mapping = mapping_file.load(site.data.mapping) if site.data.mapping else Mapping()
    index = Index(dicom, site.workspace / "index.sqlite")
    index.update(1)
    examination = examine(index.patient(index.patients()[0]), mapping)
    imaging = result.study.imaging.model_copy(
        update={"steps": tuple(step for step in result.study.imaging.steps if step.step != "nyul")}
    )
    study = result.study.model_copy(update={"imaging": imaging})
    return measurable(gather(examination, imaging, index.folder), study)


def _picture(what: str, volume: Volume, regions: dict[str, Mask]) -> Picture:
    names = ", ".join(f"{name.replace('_', ' ')} {colour}" for name, colour in zip(regions, COLOURS, strict=False))
    pixels = overlay(volume.voxels, regions, volume.geometry.spacing_mm[::-1])
    return Picture(f"{what} of a simulated patient, without and with them: {names}.", png(pixels))
