"""Where a study finds the site's features: a ready table, or what `mrfed-site prepare` made for it."""

from pathlib import Path

from client.site import Site
from shared.errors import Code, MrfedError
from shared.study import Study


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
    raise MrfedError(Code.DATA_MISSING, f"site {site.name}: run mrfed-site prepare for {study.name} first")
