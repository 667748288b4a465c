"""What a coordinator sees of a run: a line for each exchange."""

from server.journal import Exchange

_MARK = "mrfed: "
"""Starts the lines in the log of a run that are ours; Flower writes into it too."""


def tell(exchange: Exchange) -> None:
    """Write an exchange into the log of the run."""
    print(f"{_MARK}{line(exchange)}")


def message_of(logged: str) -> str | None:
    """The message in a line of a run's log; None if the line is Flower's own."""
    return logged.removeprefix(_MARK) if logged.startswith(_MARK) else None


def line(exchange: Exchange) -> str:
    """Name, time and traffic of an exchange, on one line."""
    received = sum(exchange.received.values())
    missing = ", ".join(f"{site} ({code})" for site, code in sorted(exchange.failed.items()))
    return (
        f"{exchange.step:<12} {len(exchange.received):>3} sites  {exchange.seconds:7.2f} s  "
        f"sent {_size(exchange.sent)} each  received {_size(received)}"
        f"{'  without ' + missing if missing else ''}"
    )


def _size(count: int) -> str:
    return f"{count / 1e6:8.2f} MB"
