"""The coordinator's Flower ServerApp: one run of one study, on whatever grid Flower gives it."""

from pathlib import Path

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from server.network import admitted
from server.progress import line
from server.report import noisy as noisy_page
from server.report import survey as survey_page
from server.report.card import card
from server.report.page import write
from server.stages.noisy import noisy
from server.stages.survey import survey
from shared import bundle, identity, protocol, signed_result
from shared import study as study_file
from shared.flower import waits
from shared.study import Purpose

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
    locked = protocol.load(path) if path.is_file() else None
    federation = Federation(grid, study, journal.run(), journal, key, nodes, lambda one: print(line(one)), locked)
    if study.purpose is Purpose.FEASIBILITY:
        survey_page.write(survey(federation), output)
    elif study.privacy.noise is not None:
        noisy_page.write(noisy(federation), output)
    else:
        result = conduct(federation)
        write(result, output)
        bundle.write(output / bundle.NAME, bundle.of_result(result), card(result), key, bundle.beside(journal.folder))
    signed_result.seal(output, key)
