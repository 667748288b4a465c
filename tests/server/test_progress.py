"""What a coordinator sees of a run."""

from server import progress
from server.journal import Exchange
from server.progress import line


def test_a_line_names_the_sites_that_are_missing_and_why() -> None:
    exchange = Exchange("enroll", {}, {}, {}, 1.5, 0, {"alpha": 2_000_000}, {"beta": "too-few-patients"}, {})
    assert line(exchange).endswith("received     2.00 MB  without beta (too-few-patients)")
    assert "without" not in line(Exchange("enroll", {}, {}, {}, 1.5, 0, {"alpha": 1}, {}, {}))


def test_a_coordinator_sees_its_exchanges_and_nothing_that_flower_says(capsys) -> None:
    exchange = Exchange("describe", {}, {}, {}, 1.5, 2_000_000, {"north": 500_000, "east": 500_000}, {}, {})
    progress.tell(exchange)
    logged = ["INFO :      Start `flwr-serverapp` process", *capsys.readouterr().out.splitlines(), "Traceback:"]
    (seen,) = [said for one in logged if (said := progress.message_of(one)) is not None]
    assert seen == line(exchange)
