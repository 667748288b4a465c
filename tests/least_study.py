"""The least that a study file holds, for tests of what is said, signed and refused about one."""

import datetime
from collections.abc import Sequence

from shared.study.study import Study


def least_study(sites: Sequence[str], **changes: object) -> Study:
    """A study of two classes at these sites.

    Parameters
    ----------
    sites : that it asks
    changes : sections of the file, in place of these or beside them
    """
    content = {
        "name": "her2-low",
        "title": "HER2-zero against HER2-low",
        "question": {"endpoint": "her2-zero-vs-low", "patients": "simulated"},
        "governance": {"ethics": "none", "data_use": "none", "expires": datetime.date(2099, 1, 1)},
        "federation": {"sites": sites},
    }
    return Study.model_validate({**content, **changes})
