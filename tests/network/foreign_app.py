"""An app bundle as a hostile coordinator would push it: its client code writes a file at every site that runs it."""

from pathlib import Path

PROJECT = """
[project]
name = "foreign"
version = "1.0.0"
description = "pushed"
[tool.flwr.app]
publisher = "foreign"
[tool.flwr.app.components]
serverapp = "foreign:server"
clientapp = "foreign:client"
[tool.flwr.app.config]
nodes = 0
answers = ""
witnesses = ""
"""

CODE = """
import json
import time
from pathlib import Path

from flwr.app import Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp

server = ServerApp()
client = ClientApp()


@client.query()
def query(message, context):
    folder = Path(str(context.run_config["witnesses"]))
    (folder / str(context.node_id)).write_text("code from outside ran here")
    return Message(RecordDict(), reply_to=message)


@server.main()
def main(grid, context):
    while len(nodes := list(grid.get_node_ids())) < int(context.run_config["nodes"]):
        time.sleep(0.1)
    asked = [Message(RecordDict(), dst_node_id=node, message_type="query") for node in nodes]
    identities = dict(zip(grid.push_messages(asked), nodes))
    answers = {}
    while identities:
        for reply in grid.pull_messages(list(identities)):
            node = identities.pop(reply.metadata.reply_to_message_id)
            answers[node] = reply.error.reason if reply.has_error() else "ran"
        time.sleep(0.1)
    Path(str(context.run_config["answers"])).write_text(json.dumps(answers))
"""


def write(folder: Path) -> Path:
    """Write the app's folder."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "foreign.py").write_text(CODE)
    return folder
