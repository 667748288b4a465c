"""Simulated patients: reproducible one by one, of the prevalence and label noise that was asked for."""

from collections import Counter

import numpy as np
import pytest

from client.cohort.her2 import Her2Status
from simulations import patient, scenario
from simulations.hospital import Hospital, Prevalence


@pytest.fixture(scope="module")
def demo():
    return scenario.load("demo")


def drawn(scene, hospital: Hospital, count: int, seed: int = 1) -> list[patient.Patient]:
    return [patient.draw(scene.effects, hospital, seed, index) for index in range(1, count + 1)]


def changed(hospital: Hospital, **changes: object) -> Hospital:
    return hospital.model_copy(update=changes)


def test_any_subset_is_the_same(demo):
    hospital = demo.hospitals[0]
    alone = patient.draw(demo.effects, hospital, 1, 7)
    among = drawn(demo, hospital, 9)[6]
    assert alone.latents.tolist() == among.latents.tolist()
    assert (alone.age, alone.ihc, alone.ki67_percent) == (among.age, among.ihc, among.ki67_percent)


def test_seeds_and_hospitals_differ(demo):
    first, other = demo.hospitals[:2]
    firsts = [patient.draw(demo.effects, h, s, 1).latents[0] for h in (first, other) for s in (1, 2)]
    assert len(set(firsts)) == 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_classes_follow_the_prevalence_closely(demo, seed):
    hospital = changed(demo.hospitals[0], prevalence=Prevalence(zero=0.4, low=0.5, positive=0.1))
    counts = Counter(member.status for member in drawn(demo, hospital, 30, seed))
    assert counts[Her2Status.ZERO] == pytest.approx(12, abs=1)
    assert counts[Her2Status.LOW] == pytest.approx(15, abs=1)
    assert counts[Her2Status.POSITIVE] == pytest.approx(3, abs=1)


def test_labels_without_noise_are_the_truth(demo):
    for hospital in demo.hospitals:
        clean = changed(hospital, label_noise=0.0, ish_missing=0.0, records_ultralow=False)
        for member in drawn(demo, clean, 60):
            assert member.recorded_status is member.status


def test_noise_swaps_zero_and_one_at_its_rate(demo):
    hospital = changed(demo.hospitals[0], label_noise=0.2, ish_missing=0.0)
    patients = [member for member in drawn(demo, hospital, 1500) if member.ihc in ("0", "1+")]
    assert all(member.status is not Her2Status.POSITIVE for member in patients)
    swapped = np.mean([(member.status is Her2Status.LOW) != (member.ihc == "1+") for member in patients])
    assert swapped == pytest.approx(0.2, abs=0.03)


def test_untested_two_plus_is_indeterminate(demo):
    hospital = changed(demo.hospitals[0], ish_missing=0.5)
    statuses = Counter(member.recorded_status for member in drawn(demo, hospital, 200) if member.ihc == "2+")
    assert set(statuses) == {Her2Status.INDETERMINATE, Her2Status.LOW, Her2Status.POSITIVE}


def test_split_zero_where_the_laboratory_records_it(demo):
    hospital = changed(demo.hospitals[0], records_ultralow=True)
    scores = {member.ihc for member in drawn(demo, hospital, 100)}
    assert "0" not in scores
    assert {"null", "ultralow"} <= scores


def test_null_scenario_has_no_class_difference():
    null = scenario.load("null")
    hospital = changed(null.hospitals[0], age_sd=0.0)
    patients = drawn(null, hospital, 1200)
    latents = np.array([member.latents for member in patients])
    low = np.array([member.status is Her2Status.LOW for member in patients])
    zero = np.array([member.status is Her2Status.ZERO for member in patients])
    standard_error = np.sqrt(1 / low.sum() + 1 / zero.sum())
    z = (latents[low].mean(0) - latents[zero].mean(0)) / standard_error
    assert np.abs(z).max() < 3.5


def test_demo_scenario_has_one():
    demo = scenario.load("demo")
    patients = drawn(demo, changed(demo.hospitals[0], age_sd=0.0), 1200)
    latents = np.array([member.latents for member in patients])
    low = np.array([member.status is Her2Status.LOW for member in patients])
    zero = np.array([member.status is Her2Status.ZERO for member in patients])
    difference = latents[low].mean(0) - latents[zero].mean(0)
    expected = demo.effects.mean(Her2Status.LOW) - demo.effects.mean(Her2Status.ZERO)
    assert difference == pytest.approx(expected, abs=0.25)
    assert np.abs(difference).max() > 0.5


def test_age_moves_diffusivity_and_nothing_else(demo):
    hospital = changed(demo.hospitals[0], age_sd=0.0)
    younger = patient.draw(demo.effects, changed(hospital, age_mean=43.0), 1, 3)
    older = patient.draw(demo.effects, changed(hospital, age_mean=65.0), 1, 3)
    assert (older.age, younger.age) == (65, 43)
    difference = older.latents - younger.latents
    assert difference[0] == pytest.approx(0.4)
    assert difference[1:] == pytest.approx(np.zeros(len(difference) - 1))
