"""Flower's own `flwr`, with the coordinator's inner certificate.

Run as `python -m server.network.flower_command FOLDER ...`.
"""

import sys
from pathlib import Path

from server.network import inner_certificate
from shared.services.flower import transport


def main() -> None:
    """Run one command of `flwr`; the folder named first holds the inner certificate."""
    transport.show(inner_certificate.credentials(Path(sys.argv.pop(1))))
    from flwr.cli.app import app

    app()


if __name__ == "__main__":
    main()
