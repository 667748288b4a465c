"""Networks of one hidden layer whose sites' steps are averaged."""

from dataclasses import replace

import numpy as np
import pytest

from shared.models.averaged import Averaged
from shared.models.perceptron import Shape, gradient, risks
from shared.models.trainer import SiteContext
from shared.sections.model import PerceptronSettings

SHAPE = Shape(6, 3, 2)


def averaged(model: PerceptronSettings, patients: int, rounds: int = 5) -> Averaged:
    begin = SHAPE.draw(np.random.default_rng(2))[None]
    return Averaged(model, SHAPE, rounds, 0.0, np.array([patients]), np.array([True]), begin)


def train(start: Averaged, parts: list[tuple[np.ndarray, np.ndarray]]) -> Averaged:
    now = start
    while not now.done:
        told = [
            now.sums(SiteContext(lambda _, part=part: part, lambda *_: None, place, lambda _: np.random.default_rng(0)))
            for place, part in enumerate(parts)
        ]
        now = now.advance({"steps": sum(one["steps"] for one in told)})
    return now


@pytest.fixture(scope="module")
def rows(table):
    z, y = table
    return np.concatenate([np.ones((len(z), 1)), z], axis=1), y


def test_the_gradient_is_the_derivative_of_the_loss(rows):
    design, y = rows
    at = SHAPE.draw(np.random.default_rng(5)) + 0.1
    slope = gradient(SHAPE, design, y, at)[1]
    for place in range(SHAPE.size):
        step = np.zeros(SHAPE.size)
        step[place] = 1e-6
        rise = gradient(SHAPE, design, y, at + step)[0] - gradient(SHAPE, design, y, at - step)[0]
        assert slope[place] == pytest.approx(rise / 2e-6, abs=1e-8)
    assert risks(SHAPE, design, at).sum(axis=1) == pytest.approx(1)


def test_a_site_alone_goes_its_steps_whatever_the_averages(rows):
    one = train(averaged(PerceptronSettings(local_steps=1), 120, rounds=20), [rows])
    other = train(averaged(PerceptronSettings(local_steps=5), 120, rounds=4), [rows])
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-14)


def test_one_step_at_each_of_several_sites_is_one_on_the_pooled_table_and_several_are_not(rows):
    design, y = rows
    order = np.argsort(y, kind="stable")  # sites that differ in their classes drift apart
    parts = [(design[order[a:b]], y[order[a:b]]) for a, b in ((0, 50), (50, 57), (57, 120))]
    single, several = (PerceptronSettings(local_steps=steps, learning_rate=0.5) for steps in (1, 20))
    for model, equal in ((single, True), (several, False)):
        found, pooled = (train(averaged(model, 120), sites).weights for sites in (parts, [rows]))
        assert np.allclose(found, pooled, atol=1e-13) == equal


def test_the_proximal_term_holds_sites_near_what_all_share(rows):
    design, y = rows
    model = PerceptronSettings(local_steps=20, learning_rate=0.05)
    moved = []
    for proximal in (0.0, 1.0, 10.0):
        start = averaged(model.model_copy(update={"proximal": proximal}), 120)
        moved.append(float(np.abs(start._local(0, design, y) - start.weights[0]).max()))
    assert moved[0] > 1.2 * moved[1] > 3 * moved[2]
    # two steps by hand: the second one is pulled back by what the first one moved
    start = averaged(model.model_copy(update={"proximal": 2.0, "local_steps": 2}), 120)
    penalty, begin = SHAPE.penalized / 120, start.weights[0]
    first = begin - 0.05 * (gradient(SHAPE, design, y, begin)[1] + penalty * begin)
    slope = gradient(SHAPE, design, y, first)[1] + penalty * first
    second = first - 0.05 * (slope + 2.0 * (first - begin))
    np.testing.assert_allclose(start._local(0, design, y), second, atol=1e-15)


def test_a_task_of_one_class_does_not_move(rows):
    start = replace(averaged(PerceptronSettings(), 120), settled=np.array([False]))
    assert start.done
    assert not start.usable.any()
