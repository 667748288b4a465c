"""A node as Flower comes, behind the proxy: it holds the inner certificate, as if the coordinator had no proxy.

Run as `python -m tests.network.plain_supernode FOLDER ...`.
"""

import sys
from pathlib import Path

from flwr.supernode.cli.flower_supernode import flower_supernode

from server.network import inner_certificate
from shared.services.flower import transport


def main() -> None:
    """Connect with the arguments of `flower-supernode`; the folder named first holds the inner certificate."""
    transport.show(inner_certificate.credentials(Path(sys.argv.pop(1))))
    flower_supernode()


if __name__ == "__main__":
    main()
