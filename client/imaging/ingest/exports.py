"""The exports that a study's images are read from."""

from pathlib import Path

from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.study.study import Study


def folder(site: Site, study: Study) -> Path:
    """Where the exports lie.

    Raises
    ------
    MrfedError where the study takes what is ready, or the site file names no exports.
    """
    if study.imaging is None:
        raise MrfedError(
            Code.DATA_MISSING,
            f"site {site.name}: {study.name} takes what is ready, and no exports: there is nothing to check, prepare "
            "or review; go on with mrfed-site approve",
        )
    if site.data.dicom is None:
        raise MrfedError(
            Code.DATA_MISSING,
            f"site {site.name}: {study.name} takes features from images; give data.dicom in site.yaml",
        )
    return site.data.dicom
