"""A Flower app that asks nothing and answers nothing, to measure what an exchange costs by itself."""

from pathlib import Path

PROJECT = """
[project]
name = "waiting"
version = "1.0.0"
description = "measures an exchange"
[tool.flwr.app]
publisher = "mrfed"
[tool.flwr.app.components]
serverapp = "waiting:server"
clientapp = "waiting:client"
[tool.flwr.app.config]
node = ""
own-waiting = false
exchanges = 1
seconds = ""
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
    return Message(RecordDict(), reply_to=message)


@server.main()
def main(grid, context):
    node = int(str(context.run_config["node"]))
    while node not in set(grid.get_node_ids()):
        time.sleep(0.1)
    seconds = []
    for _ in range(int(context.run_config["exchanges"])):
        started = time.monotonic()
        asked = [Message(RecordDict(), dst_node_id=node, message_type="query")]
        if context.run_config["own-waiting"]:
            identities = grid.push_messages(asked)
            while not list(grid.pull_messages(identities)):
                time.sleep(0.05)
        else:
            list(grid.send_and_receive(asked))
        seconds.append(time.monotonic() - started)
    Path(str(context.run_config["seconds"])).write_text(json.dumps(seconds))
"""


def write(folder: Path) -> Path:
    """Write the app's folder."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "waiting.py").write_text(CODE)
    return folder
