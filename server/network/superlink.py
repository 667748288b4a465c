"""Flower's SuperLink, for holders of the coordinator's inner certificate alone.

Run as `python -m server.network.superlink FOLDER ...`.
"""

import sys
from pathlib import Path

from server.network import flower_private, inner_certificate
from shared.services.flower.executor import require_version


def main() -> None:
    """Serve with the arguments of `flower-superlink`; the folder named first holds the inner certificate."""
    own = inner_certificate.credentials(Path(sys.argv.pop(1)))
    require_version()
    flower_private.run_superlink(own)


if __name__ == "__main__":
    main()
