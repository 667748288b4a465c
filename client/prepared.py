"""Where a study finds the site's features: a ready table, or what `mrfed-site prepare` made for it."""

from pathlib import Path

from client.site import Site
from shared import document
from shared.errors import Code, MrfedError
from shared.study import Study


def prepared_folder(site: Site, study: Study) -> Path:
    """Folder of what `mrfed-site prepare` makes; studies with the same imaging, maps and radiomics share it."""
    settings = {
        "imaging": study.imaging and study.imaging.model_dump(mode="json"),
        "maps": [request.model_dump(mode="json") for request in study.maps],
        "radiomics": study.radiomics and study.radiomics.model_dump(mode="json"),
    }
    return site.workspace / "prepared" / document.digest(settings)[:16]


def feature_table(site: Site, study: Study) -> Path:
    """Path of the feature table for a study.

    Raises
    ------
    MrfedError where the study needs images and the site has not prepared them, or the site's kind of data
    differs from what the study asks for.
    """
    if site.data.features is not None:
        if study.imaging is not None:
            raise MrfedError(
                Code.DATA_MISSING,
                f"site {site.name}: {study.name} takes features from images; give data.dicom in site.yaml",
            )
        return site.data.features
    path = prepared_folder(site, study) / "features.parquet"
    if not path.exists():
        raise MrfedError(Code.DATA_MISSING, f"site {site.name}: run mrfed-site prepare for {study.name} first")
    return path
