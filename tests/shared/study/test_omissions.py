"""Whom a study leaves out of what it learns without labels."""

import pytest

from shared.study.omissions import included, omission_of, omissions
from shared.study.plan import LeftOutSite, Nobody, outer_fits
from shared.study.study import Study

ROSTER = ("alpha", "beta", "delta", "gamma")


def asked(study: Study, *, each: bool, external: tuple[str, ...] = ()) -> Study:
    evaluation = {"leave_one_site_out": each, "external_sites": external}
    return study.model_copy(update={"evaluation": study.evaluation.model_copy(update=evaluation)})


def test_each_left_out_site_is_in_all_but_its_own(study: Study) -> None:
    every = omissions(asked(study, each=True), ROSTER)
    assert every == (Nobody(), *map(LeftOutSite, ROSTER))
    assert included(study, every, "beta") == (True, True, False, True, True)
    assert omissions(asked(study, each=False), ROSTER) == (Nobody(),)


@pytest.mark.parametrize("each", [True, False])
def test_an_external_site_is_in_none_and_takes_what_all_others_learned(study: Study, each: bool) -> None:
    changed = asked(study, each=each, external=("delta",))
    left_out = omissions(changed, ROSTER)
    assert left_out == (Nobody(), *map(LeftOutSite, ("alpha", "beta", "gamma") if each else ()))
    assert not any(included(changed, left_out, "delta"))
    assert included(changed, left_out, "alpha")[0]
    judges = [fit for fit in outer_fits(changed, ROSTER) if fit.judges("delta")]
    assert [(fit.name, omission_of(fit, left_out)) for fit in judges] == [("final", 0)]
