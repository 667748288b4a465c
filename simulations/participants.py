"""Which sites of a folder take part in a study on one machine."""

from pathlib import Path

from client.site import site_file
from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.study.study import Study


def sites(study: Study, cohort: Path) -> list[Site]:
    """The study's sites among those of a folder, in the order of their names.

    Parameters
    ----------
    study : the study
    cohort : folder with a folder for each site, each with a site.yaml

    Raises
    ------
    MrfedError where the folder has none of them.
    """
    hospitals = [site_file.load(path) for path in sorted(cohort.glob("*/site.yaml"))]
    wanted = [site for site in hospitals if site.name in study.federation.sites]
    if not wanted:
        there = ", ".join(site.name for site in hospitals) or "no folder with a site.yaml"
        raise MrfedError(
            Code.DATA_MISSING,
            f"{cohort} holds {there}, but {study.name} needs {', '.join(study.federation.sites)}; name the folder "
            "that holds these sites, or another study",
        )
    return wanted
