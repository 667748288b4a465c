"""Ready tables of sites that have several scanners, and a study that harmonizes them."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from client.approval import approval
from client.exchange.run import Run
from client.site.site_file import Site
from shared.study.study import Study

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]


def scanned(tables: Tables) -> Tables:
    """Two scanners a site, of which the second stretches and shifts what it measures."""
    out = {}
    for name, table in tables.items():
        second = table.index % 3 == 0
        moved = table.filter(regex=r"^f\d") * np.where(second, 1.5, 1)[:, None] + second[:, None]
        out[name] = table.assign(scanner=np.where(second, "B", "A"), **moved)
    return out


def runs(study: Study, sites: list[Site]) -> list[Run]:
    """Every site's part in the run, read back from its folder."""
    hospitals = []
    for site in sites:
        approved = approval.latest(site.workspace, study.digest)
        assert approved is not None
        hospitals.append(Run(site, approved, "simulation"))
    return hospitals


def with_settings(study: Study, **choice: object) -> Study:
    """The same study with another harmonization."""
    content = study.model_dump()
    content["harmonization"].update(choice)
    return Study.model_validate(content)


def with_gaps(tables: Tables) -> Tables:
    """A feature that one site lacks altogether, one that six patients lack, and one patient like nobody else."""
    tables["alpha"]["f4"] = np.nan
    tables["beta"].loc[:5, "f2"] = np.nan
    tables["gamma"].loc[9, "f0"] = np.nan
    return tables
