import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Dynamic
from shared.sections.maps import PhaseChoice


def dynamic(*seconds: float) -> Dynamic:
    return Dynamic(np.arange(2.0 * len(seconds)).reshape(2, len(seconds)), seconds)


def test_phases_are_chosen_by_seconds_whatever_their_order() -> None:
    series = dynamic(350, -20, 700, 110)
    choice = PhaseChoice()
    assert (phases.early(series, choice), phases.late(series, choice)) == (3, 0)
    np.testing.assert_array_equal(phases.baseline(series), series.signal[:, 1])


def test_baseline_is_the_mean_of_all_phases_before_contrast() -> None:
    series = dynamic(-20, -10, 0, 100)
    np.testing.assert_array_equal(phases.baseline(series), series.signal[:, :3].mean(axis=1))


def test_no_phase_within_tolerance_is_refused_with_the_times() -> None:
    acquired = Acquisition("patient 7", (dynamic(-20, 300, 600),))
    missing = phases.need_early(acquired, PhaseChoice())
    assert missing is not None
    assert "100 s" in missing
    assert "-20, 300, 600 s" in missing


def test_early_and_late_must_be_two_phases() -> None:
    acquired = Acquisition("patient 7", (dynamic(-20, 230),))
    choice = PhaseChoice(early_s=200, late_s=260)
    assert phases.need_early(acquired, choice) is None
    assert phases.need_late(acquired, choice) is not None
