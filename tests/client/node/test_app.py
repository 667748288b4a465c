"""What Flower hands to the site's app, and what of it counts."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from flwr.app import Context, RecordDict

from client.node.app import query
from client.site.site_file import Site
from shared.errors import Code
from shared.federation.messages import OK, Answer, Question
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key


@pytest.mark.parametrize(
    ("run_config", "code"),
    [
        ({}, OK),
        ({"study-file": "/elsewhere/study.yaml", "output-folder": "/", "identity-file": "", "admitted-file": ""}, OK),
        ({"site-file": "/elsewhere/site.yaml"}, Code.REFUSED),
        ({"policy.minimum_patients": 1}, Code.REFUSED),
        ({"study-file": "", "minimum_patients": 1}, Code.REFUSED),
    ],
)
@pytest.mark.attack
def test_a_runs_configuration_settles_nothing_at_a_site(
    run_config: dict[str, str | int],
    code: str,
    study: Study,
    tables: dict[str, pd.DataFrame],
    settle: Callable[[dict[str, pd.DataFrame]], list[Site]],
    tmp_path: Path,
) -> None:
    """Only the site's own node configuration names the site file, and only the approval the study."""
    sites = settle(tables)
    approve_everywhere(study, sites, coordinator_key(tmp_path))
    here = tmp_path / "site.yaml"
    here.write_text(sites[0].model_dump_json())
    message = InProcessGrid(sites).create_message(
        Question(study.digest, "run", "enroll").to_records(), "query", 1, "enroll"
    )
    context = Context(
        run_id=1,
        node_id=1,
        node_config={"site-file": str(here)},
        state=RecordDict(),
        run_config=run_config,
        series_id=1,
    )
    said = Answer.from_records(query(message, context).content)
    assert said.code == code
    assert (said.texts.get("site") == "alpha") == (code == OK)
