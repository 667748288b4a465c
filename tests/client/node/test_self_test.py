"""What the self-test says where it cannot tell: slow is not open."""

from client.node import self_test
from shared.errors import Code


def test_a_slow_machine_is_told_that_it_is_slow_and_not_that_a_door_is_open() -> None:
    error = self_test.unanswered(10, 11, 75.0, fell=False)
    assert error.code is Code.PROCESS
    assert error.text == (
        "self-test: 10 of 11 attacks were answered, the last was given 75 s; no door was found open, but the site "
        "joins only once every attack was refused: the machine is slow or busy; run it again"
    )
    assert "install" not in error.text


def test_an_executor_that_fell_is_said_to_have_fallen() -> None:
    assert "the executor ended by itself" in self_test.unanswered(0, 11, 300.0, fell=True).text
