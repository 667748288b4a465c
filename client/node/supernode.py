"""The site's node: fetches questions, sends answers. Run as `python -m client.node.supernode NOTE ...`."""

import json
import os
import sys
import time
from pathlib import Path

from client.node import flower_private
from client.node.unit import credentials
from shared.services.flower import transport
from shared.services.flower.executor import require_version
from shared.services.pace import Pace


def main() -> None:
    """Connect with the arguments of `flower-supernode`; note the connection in the file named first."""
    note = Path(sys.argv.pop(1))

    def connected(node: int) -> None:
        partial = note.with_suffix(".partial")
        partial.write_text(json.dumps({"node": node, "since": int(time.time())}))
        os.replace(partial, note)

    require_version()
    transport.show(credentials(note.parent))
    # Flower waits 3 s for a message and 0.5 s for its answer.
    flower_private.run_node(Pace(shortest_s=0.1, longest_s=1.0, busy_below_s=1.0), connected)


if __name__ == "__main__":
    main()
