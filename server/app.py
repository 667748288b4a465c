"""The coordinator's Flower ServerApp: one run of one study, on whatever grid Flower gives it."""

from pathlib import Path

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from server import locked_protocol, outcome, progress
from server.conduct import carry_out
from server.federation import Federation
from server.journal import Journal
from server.network import admitted
from shared.federation import identity
from shared.services.flower import waits
from shared.study import study as study_file

app = ServerApp()


@app.main()  # type: ignore[untyped-decorator]  # flwr is not typed for us
def main(grid: Grid, context: Context) -> None:
    """Conduct the study that the run's configuration names, with the sites of the roster; write the report."""
    waits.shorten()
    study = study_file.load(Path(str(context.run_config["study-file"])))
    output = Path(str(context.run_config["output-folder"]))
    nodes = admitted.load(Path(str(context.run_config["admitted-file"]))).nodes
    key = identity.load(Path(str(context.run_config["identity-file"])))
    journal = Journal(output / "journal")
    path = Path(str(context.run_config["protocol-file"]))
    locked = locked_protocol.load(path) if path.is_file() else None
    federation = Federation(grid, study, journal.run(), journal, key, nodes, progress.tell, locked)
    outcome.write(carry_out(federation), output, key)
