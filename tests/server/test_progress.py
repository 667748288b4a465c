"""What a coordinator sees of a run."""

from server.journal import Exchange
from server.progress import line


def test_a_line_names_the_sites_that_are_missing_and_why() -> None:
    exchange = Exchange("enroll", {}, {}, {}, 1.5, 0, {"alpha": 2_000_000}, {"beta": "too-few-patients"}, {})
    assert line(exchange).endswith("received     2.00 MB  without beta (too-few-patients)")
    assert "without" not in line(Exchange("enroll", {}, {}, {}, 1.5, 0, {"alpha": 1}, {}, {}))
