"""A study that trains a network on ready pictures at three sites."""

from pathlib import Path
from typing import Any

import numpy as np

from client.site.site_file import Site
from server.stages.network import WEIGHTS
from shared import arrays as files
from shared.results.result import Result
from shared.sections.learning import Evaluation
from shared.sections.privacy import Privacy
from shared.study.study import Study
from simulations.simulate import simulate

HIDDEN: dict[str, Any] = {
    "evaluation": Evaluation(folds=2, leave_one_site_out=False),
    "privacy": Privacy(minimum_patients=2),
}


def fresh(sites: list[Site], folder: Path) -> list[Site]:
    """The same sites with workspaces of their own."""
    return [site.model_copy(update={"workspace": folder / site.name}) for site in sites]


def run(study: Study, sites: list[Site], folder: Path) -> tuple[Result, np.ndarray[Any, Any]]:
    result = simulate(study, fresh(sites, folder / "sites"), folder)
    return result, files.load(folder / "journal" / WEIGHTS)["weights"]
