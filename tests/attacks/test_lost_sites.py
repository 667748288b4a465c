"""A coordinator that lies about who was lost, through the sites' real desk and into its own decoding."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from client.exchange import handler
from client.exchange.run import Run
from client.site.site_file import Site
from shared.contract.harmonize import HARMONIZE
from shared.errors import Code, MrfedError
from shared.federation.masking import Disclosure, unmask_sum_of_answered
from shared.federation.messages import OK, Answer, Question
from shared.sections.privacy import SiteSums
from shared.step import Step
from shared.study.study import Study
from tests.lost_sites import SITES, LosingGrid, approved, conducted, four_sites, settle

pytestmark = [pytest.mark.attack, pytest.mark.slow]

Gained = Callable[[str, str, str], None]
MASKED = {one.name for one in HARMONIZE.summed}


class Asking(LosingGrid):
    """Stops the study once all have answered an exchange, and goes on asking by itself."""

    def __init__(self, sites: list[Site], study: Study, folder: Path, step: str) -> None:
        super().__init__(sites, {}, f"{step}.agree")
        self.study, self.step, self.heard = study, step, {}  # type: ignore[var-annotated]
        self.by_name = {site.name: site for site in sites}
        with pytest.raises(InterruptedError):
            conducted(study, sites, folder, self)

    def pull_messages(self, message_ids):  # type: ignore[no-untyped-def]
        replies = super().pull_messages(message_ids)
        of_node = {node: site for site, node in self.nodes.items()}
        for reply in replies:
            answer = Answer.from_records(reply.content)
            if answer.step == self.step:
                self.heard[of_node[reply.metadata.src_node_id]] = answer
        return replies

    def tell(self, site: str, part: Step, **words: object) -> Answer:
        """Ask one site to sign, or to disclose."""
        name = f"{self.step}.{part}"
        return handler.answer(self.by_name[site], Question(self.study.digest, "run", name, self.step, SITES, words))

    def sign(self, site: str, answered: tuple[str, ...]) -> Answer:
        """Tell a site who answered."""
        lost = {other: 20 for other in SITES if other not in answered}
        return self.tell(site, Step.AGREE, answered=list(answered), lost=lost)

    def masked(self, site: str) -> dict[str, np.ndarray]:
        """A site's answer, as it came."""
        return {name: value for name, value in self.heard[site].arrays.items() if name in MASKED}

    def run_of(self, site: str) -> Run:
        """A site's own part, which the coordinator does not see."""
        return next(run for run in handler._RUNS.values() if run.site.name == site)


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    study = four_sites(SiteSums.DERIVABLE)
    sites = settle(tmp_path)
    approved(study, sites, tmp_path)
    return Asking(sites, study, tmp_path, "harmonize")


def test_two_stories_about_who_was_lost_through_the_handler(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, gained: Gained
) -> None:
    """East hears that all have answered, the others that east is lost."""
    lists = {site: SITES if site == "east" else SITES[1:] for site in SITES}
    signed = {site: asking.sign(site, lists[site]) for site in SITES}
    assert {answer.code for answer in signed.values()} == {OK}
    signatures = {site: one.texts["signature"] for site, one in signed.items()}

    refused = asking.tell("east", Step.DISCLOSE, signatures=signatures)
    assert (refused.code, refused.texts, refused.arrays) == (Code.REFUSED, {}, {})
    assert asking.sign("east", SITES[1:]).code == Code.REFUSED
    assert asking.sign("north", SITES).code == Code.REFUSED
    # Those who tell one story go on by it, and east's answer stays under its own mask.
    disclosed = {site: asking.tell(site, Step.DISCLOSE, signatures=signatures) for site in SITES[1:]}
    assert {answer.code for answer in disclosed.values()} == {OK}
    keys = {site: Disclosure.from_texts(one.texts) for site, one in disclosed.items()}
    known = HARMONIZE.encodings(asking.run_of("east").facts)
    with pytest.raises(MrfedError, match="keys not disclosed"):
        unmask_sum_of_answered({site: asking.masked(site) for site in SITES}, known, SITES, keys)

    # Without the signatures of all members east would have told the key of its own mask, and that is all it takes.
    monkeypatch.setattr("client.exchange.dropout.require_agreement", lambda *_: None)
    given = asking.tell("east", Step.DISCLOSE, signatures={})
    assert given.code == OK
    stolen = Disclosure(Disclosure.from_texts(given.texts).own, {site: keys[site].lost["east"] for site in SITES[1:]})
    alone = unmask_sum_of_answered({"east": asking.masked("east")}, known, SITES, {"east": stolen})
    table = asking.run_of("east").table
    np.testing.assert_allclose(alone["sum_x"][0], table.x.sum(axis=0), rtol=1e-9)
    gained(
        "Tell sites different sets of the lost (desk)",
        "one site's sums, exactly",
        "a site signs one set, and discloses nothing that others have not signed",
    )


def test_sets_that_may_not_be_decoded(asking: Asking, gained: Gained) -> None:
    """Half of the sites, others than were asked, another order, none of us, unknown numbers of patients."""
    for answered, lost in (
        (["east", "north"], {"south": 20, "west": 20}),
        (["east", "north", "stranger"], {"south": 20, "west": 20}),
        (["north", "east", "south"], {"west": 20}),
        (["north", "south", "west"], {"east": 20}),
        (["east", "north", "south"], {}),
        (["east", "north", "south"], {"west": -1}),
        ("east", {"west": 20}),
    ):
        assert asking.tell("east", Step.AGREE, answered=answered, lost=lost).code == Code.REFUSED
    assert asking.tell("east", Step.DISCLOSE, signatures={}).code == Code.REFUSED
    assert asking.sign("east", SITES[:3]).code == OK
    assert asking.tell("east", Step.DISCLOSE, signatures={}).code == Code.REFUSED
    both = [set(SITES[:2]), set(SITES[2:])]
    assert not both[0] & both[1]  # two halves share nobody who would have to sign twice
    gained(
        "Split the sites into two sets that both decode",
        "sums over half of the sites each",
        "more than half must have answered: two such sets share a site, which signs one",
    )


def test_a_site_that_is_dropped_by_and_by_where_sums_are_hidden(tmp_path: Path, gained: Gained) -> None:
    """The sums before and after differ by the site that is said to be lost."""
    hidden = four_sites(SiteSums.HIDDEN)
    sites = settle(tmp_path)
    approved(hidden, sites, tmp_path)
    grid = Asking(sites, hidden, tmp_path, "describe")
    done = conducted(hidden, sites, tmp_path, LosingGrid(sites, {}))
    before, after = (done.journal.find(name) for name in ("describe", "moments"))
    assert before is not None
    assert after is not None
    y = [np.bincount(grid.run_of(site).table.y, minlength=2) for site in SITES]
    without = after.totals["class_totals"][0] - y[3]  # what moments without west would be
    np.testing.assert_array_equal(before.totals["class_totals"] - without, y[3])
    for step in ("harmonize", "moments"):
        question = Question(
            hidden.digest, "run", f"{step}.agree", step, SITES, {"answered": list(SITES[:3]), "lost": {"west": 20}}
        )
        assert handler.answer(sites[0], question).code == Code.REFUSED
    gained(
        "Say late that a site was lost, where sums are hidden",
        "its sums: those before less those after",
        "only the first exchange of sums may lose sites; later ones wait",
    )


def test_another_set_in_the_next_exchange_than_the_one_that_was_signed(
    asking: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    for site in SITES[:3]:
        assert asking.sign(site, SITES[:3]).code == OK
    told = {quantity.name: np.zeros((1,) * len(quantity.axes)) for quantity in HARMONIZE.quantities}
    for roster in (SITES, SITES[:2]):
        question = Question(asking.study.digest, "run", "moments", "harmonize", roster, {"receipts": {}}, told)
        assert handler.answer(asking.by_name["east"], question).code == Code.REFUSED
        assert "its roster is not the one on which the sites have agreed" in caplog.records[-1].message
