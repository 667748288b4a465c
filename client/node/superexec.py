"""The site's executor process: warm, and waiting for tasks. Run as `python -m client.node.superexec`."""

import logging

from client.node.launcher import InstalledAppExecutor
from shared.services.flower import executor
from shared.services.pace import Pace


def main() -> None:
    """Import what the answers need, then take tasks until told to stop."""
    # Flower's own logger has its handler; a handler at the root would print its lines twice.
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for package in ("client", "shared"):
        ours = logging.getLogger(package)
        ours.setLevel(logging.INFO)
        ours.addHandler(handler)
    pace = Pace(shortest_s=0.02, longest_s=0.5)
    executor.serve(InstalledAppExecutor(pace), pace)


if __name__ == "__main__":
    main()
