"""A study that asks for stable features, and sites that have measured theirs."""

import numpy as np
import pandas as pd

from client.quality import repeated_measurements
from client.quality.repeated_measurements import Measurements, stability_file
from client.site.site_file import Site
from shared.sections.stability import Stability
from shared.study.study import Study

NOISE = {"f0": 0.01, "f1": 0.3, "f2": 5.0}


def asking(study: Study, **settings: object) -> Study:
    return study.model_copy(update={"stability": Stability.model_validate(settings)})


def measure(site: Site, study: Study, table: pd.DataFrame, times: int = 7, patients: int = 12) -> np.ndarray:
    """Keep repeated measurements of some patients, one of whom does not enter the study."""
    rng = np.random.default_rng(len(site.name))
    some = table.iloc[:patients]
    values = np.stack(
        [some[name].to_numpy()[:, None] + noise * rng.normal(size=(patients, times)) for name, noise in NOISE.items()],
        axis=2,
    )
    names = np.array([*some["patient"].iloc[:-1], "somebody else"])
    kept = Measurements(tuple(NOISE), names, values)
    repeated_measurements.write(stability_file(site, study, readers=times != 7), kept)
    return values[:-1]
