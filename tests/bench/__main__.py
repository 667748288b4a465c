"""Run the benchmarks beside this file, or those named on the command line; print a table, write JSON.

Each has a function `figures()` that yields `Figure`s. Speeds are ratios measured in the same run.
"""

import importlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.figure import Figure

OUTPUT = Path("out/bench.json")


def measure(names: list[str], console: Console) -> Iterator[Figure]:
    """Figures of the named modules, each as it is measured."""
    for name in names:
        with console.status(f"measuring {name}"):
            yield from importlib.import_module(f"tests.bench.{name}").figures()


def main() -> None:
    """Measure, print, write."""
    console = Console()
    every = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    asked = [f"bench_{name}" for name in sys.argv[1:]]
    unknown = set(asked) - set(every)
    if unknown:
        sys.exit(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {', '.join(every)}")
    measured = list(measure(asked or every, console))
    table = Table(title="mrfed benchmarks")
    for heading in ("name", "value", "unit", "target", "reached"):
        table.add_column(heading, justify="right" if heading in ("value", "target") else "left", overflow="fold")
    for figure in measured:
        sign = {"higher": "≥", "lower": "≤"}[figure.better]
        target = "" if figure.target is None else f"{sign} {figure.target:.4g}"
        reached = {None: "", True: "yes", False: "NO"}[figure.reached]
        table.add_row(figure.name, f"{figure.value:.4g}", figure.unit, target, reached)
    console.print(table)
    OUTPUT.parent.mkdir(exist_ok=True)
    kept = [] if not asked or not OUTPUT.exists() else json.loads(OUTPUT.read_text())
    fresh = {figure.name for figure in measured}
    everything = [one for one in kept if one["name"] not in fresh] + [asdict(figure) for figure in measured]
    partial = OUTPUT.with_suffix(".partial")
    partial.write_text(json.dumps(everything, indent=1) + "\n")
    os.replace(partial, OUTPUT)


if __name__ == "__main__":
    main()
