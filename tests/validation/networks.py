"""Write docs/validation-networks.md: `python -m tests.validation.networks [FOLDER OF THE SLICES] [--as-far-as-done]`.

Runs are kept under `.validation-networks/`; a run that was interrupted goes on where it was. With `--as-far-as-done`
the page is written of the runs that are there.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from shared.files import durable_file
from tests.conftest import REAL_DATA
from tests.validation.network_cohort import Intensity, load
from tests.validation.network_page import page
from tests.validation.network_runs import WAYS, kept_run, run

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".validation-networks"
PAGE = ROOT / "docs" / "validation-networks.md"
SEEDS = (1, 2, 3)


def plan() -> Iterator[tuple[str, Intensity, int]]:
    """Every run: way, intensities, seed."""
    for seed in SEEDS:
        for way in WAYS:
            yield way, Intensity.ZSCORE, seed
        for intensity in (Intensity.RAW, Intensity.STANDARD):
            for way in ("pooled", "fedavg"):
                yield way, intensity, seed


def main() -> None:
    """Make what is missing, then write the page."""
    named = [one for one in sys.argv[1:] if not one.startswith("--")]
    folder = Path(named[0]) if named else REAL_DATA / "breast_dce_slices"
    torch.set_num_threads(1)
    runs = {}
    for way, intensity, seed in plan():
        if "--as-far-as-done" in sys.argv and kept_run(KEPT, way, intensity, seed) is None:
            continue
        started = time.process_time()
        runs[way, intensity, seed] = run(folder, KEPT, way, intensity, seed)
        print(f"{way}, {intensity}, seed {seed}: {time.process_time() - started:.0f} s", flush=True)
    text = "\n".join(page(load(folder, Intensity.ZSCORE, SEEDS[0]), runs, WAYS)) + "\n"
    durable_file.write(PAGE, text.encode(), 0o644)


if __name__ == "__main__":
    main()
