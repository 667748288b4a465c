"""The Hessians of baselines and nomograms count as those of the model do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.site.site_file import Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared.errors import Code, MrfedError
from shared.privacy.policy import Policy
from shared.sections.comparators import Comparators
from shared.sections.harmonization import Covariate
from shared.sections.learning import Evaluation
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key

pytestmark = pytest.mark.slow

CLINICAL = tuple(f"c{index}" for index in range(11))


def test_a_site_stops_before_the_small_models_have_as_many_hessians_as_patients(
    study: Study, tables: dict[str, pd.DataFrame], settle: Callable[..., list[Site]], tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    for table in tables.values():
        table[list(CLINICAL)] = random.normal(size=(len(table), len(CLINICAL)))
    asked = study.model_copy(
        update={
            "comparators": Comparators(
                clinical=tuple(Covariate(column=column, kind="continuous") for column in CLINICAL)
            ),
            "evaluation": Evaluation(folds=3, inner_folds=2),
        }
    )
    sites, key, journal = settle(tables), coordinator_key(tmp_path), Journal(tmp_path / "journal")
    # 13 coefficients (the score among them), whose squares have 91 dimensions, of 72 patients.
    policy = Policy(minimum_patients=1, minimum_sites=1, reason="a test")
    approve_everywhere(asked, sites, key, policy)
    grid = InProcessGrid(sites)
    with pytest.raises(MrfedError, match="combine-") as caught:
        conduct(Federation(grid, asked, "run", journal, key, grid.nodes))
    assert caught.value.code is Code.TOO_FEW_PATIENTS
    fits, arms = 1 + 3 + 3, 2
    made = sum(1 for _ in journal.folder.glob("combine-*.npz"))
    assert made * fits * arms < sum(map(len, tables.values())) <= (made + 1) * fits * arms
