"""What was learned from simulated patients is not applied to real ones."""

from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.study.study import Study


def refuse_for_real(site: Site, study: Study) -> None:
    """Refuse a model of simulated patients where the patients are real.

    Raises
    ------
    MrfedError (`REFUSED`).
    """
    if study.question.patients == "simulated" and site.patients == "real":
        raise MrfedError(
            Code.REFUSED,
            f"site {site.name}: {study.name} was trained on simulated patients and says nothing about real ones; if "
            "these patients are simulated too, say so in site.yaml (patients: simulated)",
        )
