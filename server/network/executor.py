"""The coordinator's executor: conducts runs by the installed program.

Run as `python -m server.network.executor FOLDER ...`.
"""

import sys
from pathlib import Path

from server.app import app
from server.network import inner_certificate
from server.network.flower_private import InstalledServerAppExecutor
from shared.services.flower import executor, transport
from shared.services.pace import Pace


def main() -> None:
    """Take runs with the arguments of `flower-superexec`; the folder named first holds the inner certificate."""
    transport.show(inner_certificate.credentials(Path(sys.argv.pop(1))))
    # A look for a run to start is nothing beside a study.
    pace = Pace(shortest_s=0.1, longest_s=0.5)
    executor.serve(InstalledServerAppExecutor(pace, app), pace)


if __name__ == "__main__":
    main()
