"""Scanners over time: order, upgrades, what a change is put down to."""

from client.preparation.record import Record
from client.review.drift.watch import watch
from tests.scanner_records import records


def test_a_change_at_an_upgrade_is_put_down_to_it():
    (one,) = watch(records(upgrade=20, change=21)[::-1])
    assert one.dates == tuple(sorted(one.dates))
    assert one.quantities == ("signal_to_noise", "early.tumour.Mean", "early.tumour.Energy")
    assert [(two.first, two.before, two.after) for two in one.upgrades] == [(20, "A", "B")]
    (change,) = one.changes
    assert one.upgrade_at(change) == one.upgrades[0]
    assert one.most_changed(change) == ("signal_to_noise",)
    assert "1 of 3 numbers changed around 2025-01-2" in one.sentence(change)
    assert "when the software went from A to B; a study with harmonization.batch: software" in one.sentence(change)


def test_a_change_without_an_upgrade_asks_what_happened():
    (one,) = watch(records(upgrade=8, change=24))
    (change,) = one.changes
    assert one.upgrade_at(change) is None
    assert "no upgrade was recorded then" in one.sentence(change)


def test_scanners_are_watched_apart_and_the_undated_are_counted():
    both = [*records(30), *records(18, scanner="Beta 1.5 T")]
    both[0] = Record(key="k", patient="P00", scanner="ACME One 3 T", features={"early.tumour.Mean": 1.0})
    first, second = watch(both)
    assert (first.scanner, len(first.dates), first.undated) == ("ACME One 3 T", 29, 1)
    assert (second.scanner, len(second.dates), second.changes) == ("Beta 1.5 T", 18, ())
    assert watch([]) == ()
