"""A study whose sums leave with noise."""

from shared.sections.privacy import Noise, Privacy, Range
from shared.study.study import Study


def with_noise(study: Study, epsilon: float = 4.0, **changes: object) -> Study:
    ranges = tuple(Range(feature=f"f{number}", low=-6, high=8) for number in range(3))
    content = study.model_dump()
    return Study.model_validate(
        {
            **content,
            "harmonization": {"method": "none"},
            "evaluation": {"folds": 4, "leave_one_site_out": False, "score_bins": 10},
            "privacy": Privacy(noise=Noise(epsilon=epsilon, ranges=ranges)).model_dump(),
            "federation": {**content["federation"], "quorum": 3},
            **changes,
        }
    )
