"""Scanners over time: order, upgrades, what a change is put down to."""

import numpy as np

from client.drift.watch import watch
from client.record import Record


def records(patients=40, scanner="ACME One 3 T", upgrade=None, change=None):
    rng = np.random.default_rng(0)
    found = []
    for number in range(patients):
        noise = 30 + rng.normal() - (8 if change is not None and number >= change else 0)
        found.append(
            Record(
                key="k",
                patient=f"P{number:02d}",
                scanner=scanner,
                software="A" if upgrade is None or number < upgrade else "B",
                examined=f"2025{1 + number // 28:02d}{1 + number % 28:02d}",
                features={"early.tumour.Mean": rng.normal(), "early.tumour.Energy": rng.normal()},
                findings={"signal_to_noise": noise, "register.phase_2.displacement_mm": 1.0},
            )
        )
    return found


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
