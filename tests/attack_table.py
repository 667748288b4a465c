"""Each attack records what it gained without and with its defence; the table is printed at the end."""

from collections.abc import Callable

import pytest
from rich.console import Console
from rich.table import Table

KEY = "attack"


@pytest.fixture
def gained(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """Record a row: the attack, what it gains without the defence, what with it."""

    def row(attack: str, without: str, defended: str) -> None:
        request.node.user_properties.append((KEY, (attack, without, defended)))

    return row


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of the attacks that were tried."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call"
    ]
    rows = sorted((*row, report.outcome) for report in reports for name, row in report.user_properties if name == KEY)
    if not rows:
        return
    table = Table(title="Attacks", show_lines=True)
    for heading in ("attack", "without the defence", "with it", ""):
        table.add_column(heading)
    for attack, without, defended, outcome in rows:
        table.add_row(attack, without, defended, "held" if outcome == "passed" else "BROKEN")
    Console(width=140).print(table)
