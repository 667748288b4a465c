"""A coordinator's executor as Flower comes: it runs what is pushed.

Run as `python -m tests.network.hostile_executor FOLDER ...`.
"""

import sys
from pathlib import Path

from flwr.supercore.constant import TaskType
from flwr.supercore.superexec.executor.types import ExecutionSpec
from flwr.superlink.cli.flwr_serverapp import flwr_serverapp

from server.network import inner_certificate
from shared.services.flower import executor, transport
from shared.services.flower.executor import InstalledProgramExecutor
from shared.services.pace import Pace


class PlainExecutor(InstalledProgramExecutor):
    """Starts each ServerApp as it arrives."""

    def run(self, spec: ExecutionSpec) -> None:
        """Be Flower's own `flwr-serverapp`."""
        sys.argv = ["flwr-serverapp", "--runtime-api-address", spec.runtime_api_address, "--token", spec.token]
        sys.argv += ["--root-certificates", str(spec.root_certificates_path)]
        flwr_serverapp()


def main() -> None:
    """Take runs with the arguments of `flower-superexec`; the folder named first holds the inner certificate."""
    transport.show(inner_certificate.credentials(Path(sys.argv.pop(1))))
    pace = Pace(shortest_s=0.1, longest_s=0.5)
    executor.serve(PlainExecutor(pace, TaskType.SERVER_APP), pace)


if __name__ == "__main__":
    main()
