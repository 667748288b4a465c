"""The first screen of an approval: everything to decide by, on 80 columns and 24 lines."""

import numpy as np
import pytest

from client.approval import text
from client.approval.decision_screen import LINES, WIDTH, Asking, first_screen
from server.planning import feasibility_of
from shared.contract.foreseen import Foreseen
from shared.federation.roster import Member, Roster
from shared.privacy.inference import cell_shape
from shared.privacy.policy import Policy
from shared.study.study import Study
from tests.least_study import least_study

SITES = ("north", "south", "west", "east", "centre")
OPEN = least_study(SITES, privacy={"site_sums": "derivable"}, evaluation={"folds": 3, "permutations": 4})
HIDDEN = least_study(SITES, evaluation={"leave_one_site_out": False})
FOREST = least_study(SITES, privacy={"site_sums": "derivable"}, model={"kind": "forest"})


def screen(study: Study, *against: str, features: int | None = 100, patients: int = 30) -> list[str]:
    members = tuple(Member(site=name, identity="0" * 64) for name in SITES)
    roster = Roster.model_construct(study=study.digest, members=members, coordinator="1" * 64)
    own = np.full(cell_shape(study), patients) if features else None
    leaving = tuple(text.leaves(study, Foreseen(study, features)))
    return first_screen(Asking(study, roster, "north", Policy(), leaving, own, ["first"], against))


@pytest.mark.parametrize("study", [HIDDEN, OPEN, FOREST, feasibility_of(HIDDEN)], ids=lambda one: one.name)
@pytest.mark.parametrize("features", [None, 1800])
def test_it_fits_a_terminal(study: Study, features: int | None) -> None:
    lines = screen(study, "its totals isolate groups of 2 sites; here the minimum is 3", features=features)
    assert len(lines) <= LINES - 2  # what is asked below it
    assert max(map(len, lines)) <= WIDTH


def test_it_says_how_many_numbers_leave_and_to_whom() -> None:
    shown = " ".join(" ".join(screen(HIDDEN)).split())
    leaving = list(text.leaves(HIDDEN, Foreseen(HIDDEN, 100)))
    summed = sum(one.numbers or 0 for one in leaving if one.how == "as part of the sum over all sites")
    assert f"{summed:,} numbers that only count in the sum over all hospitals" in shown
    assert "sums of this hospital alone stay hidden" in shown
    assert "the patients at north" in shown
    assert "nothing in this hospital's policy stands against it" in shown
    assert "features that are not prepared yet" in " ".join(" ".join(screen(HIDDEN, features=None)).split())


def test_what_gives_the_site_away_or_stands_against_the_study_is_on_it() -> None:
    shown = " ".join(" ".join(screen(OPEN, "its sums leave without masks", "another")).split())
    assert "THE SUMS OF THIS HOSPITAL ALONE can be concluded" in shown
    assert "AGAINST IT: its sums leave without masks (and 1 more, below)" in shown
    assert "models that all can read" in " ".join(" ".join(screen(FOREST)).split())


def test_sizes_are_numbers() -> None:
    sizes = {one.what: one.size for one in text.leaves(HIDDEN, Foreseen(HIDDEN, 100))}
    assert sizes["sum of a feature"] == "600 (6 fits x 100 features)"
    assert sizes["number of patients who enter the study"] == "1"
    assert {one.what: one.size for one in text.leaves(HIDDEN)}["sum of a feature"] == "6 fits x features"
