"""Results that an earlier version wrote can still be read: their probes of the site, and their candidates."""

from shared.results.model import Candidate
from shared.results.site_probes import SiteProbe, SiteProbes

_EARLIER = {"kind": "linear", "before": 0.9, "after": 0.5, "dealt": 0.4, "dealt_low": 0.3, "dealt_high": 0.6}


def test_probes_of_an_earlier_version_are_those_of_this_one() -> None:
    earlier = SiteProbes.model_validate({"deals": 100, "folds": 5, "probes": [_EARLIER | {"rounding": 0.01}]})
    probe = SiteProbe(
        kind="linear", before=0.9, after=0.5, permuted=0.4, permuted_low=0.3, permuted_high=0.6, rounding=0.01
    )
    assert earlier == SiteProbes(permutations=100, folds=5, probes=(probe,))
    assert SiteProbes.model_validate_json(earlier.model_dump_json()) == earlier


def test_candidates_of_an_earlier_version_are_those_of_this_one() -> None:
    shared = {"feature": "energy", "statistic": 3.0, "p_value": 0.1, "entered": True}
    earlier = Candidate.model_validate(shared | {"halves": 0.7})
    assert earlier == Candidate.model_validate(shared | {"half_samples": 0.7})
    assert earlier.half_samples == 0.7
