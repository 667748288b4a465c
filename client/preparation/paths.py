"""Where a study finds the site's features: a ready table, or what `mrfed-site prepare` made for it."""

from collections.abc import Sequence
from pathlib import Path

from client.preparation.image_cache import KeptImages
from client.site.site_file import Site
from shared.clustering.clusters import Clusters
from shared.clustering.standard_histogram import Standards
from shared.errors import Code, MrfedError
from shared.files import document
from shared.study.study import Study

SETTINGS_KEY = b"mrfed.settings"
"""Under this key the metadata of a feature table has the settings hash of what it was made with."""


LANDMARK_PREFIX = "landmark."
"""With this the columns of the table of landmarks begin."""


def prepared_folder(site: Site, study: Study, standards: Standards | None = None) -> Path:
    """Folder of what `mrfed-site prepare` makes; studies with the same imaging, maps, radiomics and channels
    of a network share it.

    Parameters
    ----------
    site, study : what is there, and what is asked
    standards : standard histograms, where the study asks for them; each has a folder of its own
    """
    # what is kept around a lesion; how a network's crop is cut out of that may change without preparing anew
    kept = {"channels", "margin", "extent_mm"}
    lesions = {"lesions": study.network.input.model_dump(mode="json", include=kept)} if study.network else {}
    settings = {
        **lesions,
        "standards": {name.value: list(values) for name, values in (standards or {}).items()},
        "imaging": study.imaging and study.imaging.model_dump(mode="json"),
        "maps": [request.model_dump(mode="json") for request in study.maps],
        "radiomics": study.radiomics and study.radiomics.model_dump(mode="json"),
    }
    return site.workspace / "prepared" / document.digest(settings)[:16]


def kept_images(site: Site) -> KeptImages:
    """Images that were kept for the second pass over them."""
    return KeptImages(site.workspace / "prepared" / "kept", site.kept_images_gb)


def habitats_folder(
    site: Site, study: Study, clusterings: Sequence[Clusters], standards: Standards | None = None
) -> Path:
    """Folder of what is made under the habitats that the sites found together."""
    contents = [{name: array.tolist() for name, array in clusters.arrays().items()} for clusters in clusterings]
    return prepared_folder(site, study, standards) / "habitats" / document.digest(contents)[:16]


def habitat_tables(
    site: Site, study: Study, clusterings: Sequence[Clusters], standards: Standards | None = None
) -> tuple[Path, ...]:
    """Paths of the feature tables of a study with habitats, one for each clustering; they may still be to be made."""
    folder = habitats_folder(site, study, clusterings, standards)
    return tuple(folder / f"features-{number}.parquet" for number in range(len(clusterings)))


def voxel_file(site: Site, study: Study, standards: Standards | None = None) -> Path:
    """Path of the voxel vectors of all patients, of which habitats are made."""
    return prepared_folder(site, study, standards) / "voxels.npz"


def records_folder(site: Site, study: Study) -> Path:
    """Folder of the records that people look at: of features or, where a study learns standards first, of landmarks."""
    return prepared_folder(site, study) / ("landmarks" if study.standardized else "patients")


def feature_path(site: Site, study: Study, standards: Standards | None = None) -> Path:
    """Path of the features of all patients, there or not."""
    return prepared_folder(site, study, standards) / "features.parquet"


def landmark_table(site: Site, study: Study) -> Path:
    """Path of the landmarks of all patients, from which the standard histograms are learned."""
    return prepared_folder(site, study) / "landmarks.parquet"


def feature_table(site: Site, study: Study, standards: Standards | None = None) -> Path:
    """Path of the feature table for a study.

    Parameters
    ----------
    site, study : what is there, and what is asked
    standards : standard histograms, where the study asks for them. Before they are learned its table of landmarks
        stands for that of the features: it tells who is there

    Raises
    ------
    MrfedError where the study needs images and the site has not prepared them, or the site's kind of data
    differs from what the study asks for.
    """
    if site.data.images is not None:
        if study.network is None or study.imaging is not None:
            raise MrfedError(
                Code.DATA_MISSING,
                f"site {site.name}: {study.name} needs more than ready images; give data.dicom or data.features",
            )
        return site.data.images
    if site.data.features is not None:
        if study.imaging is not None:
            raise MrfedError(
                Code.DATA_MISSING,
                f"site {site.name}: {study.name} takes features from images; give data.dicom in site.yaml",
            )
        return site.data.features
    if study.imaging is None:
        raise MrfedError(
            Code.DATA_MISSING,
            f"site {site.name}: {study.name} takes ready features; give data.features in site.yaml",
        )
    learning = study.standardized and not standards
    path = landmark_table(site, study) if learning else feature_path(site, study, standards)
    if not path.exists():
        raise MrfedError(Code.DATA_MISSING, f"site {site.name}: run mrfed-site prepare for {study.name} first")
    return path
