"""An app bundle (FAB) as an attacker would push it, with which both sides attack themselves before they open."""

from pathlib import Path

_PROJECT = """
[project]
name = "foreign"
version = "1.0.0"
[tool.flwr.app]
publisher = "foreign"
[tool.flwr.app.components]
serverapp = "foreign:server"
clientapp = "foreign:client"
"""


def build(witness: Path) -> bytes:
    """A bundle whose code, as soon as it is loaded on either side, writes a file.

    Parameters
    ----------
    witness : the file
    """
    from flwr.cli.build import build_fab_from_files

    code = (
        "from pathlib import Path\n"
        "from flwr.app import Message, RecordDict\n"
        "from flwr.clientapp import ClientApp\n"
        "from flwr.serverapp import ServerApp\n"
        f"Path({str(witness)!r}).write_text('foreign code ran')\n"
        "server = ServerApp()\n"
        "client = ClientApp()\n"
        "@client.query()\n"
        "def query(message, context):\n"
        "    return Message(RecordDict(), reply_to=message)\n"
        "@server.main()\n"
        "def main(grid, context):\n"
        "    pass\n"
    )
    content, _ = build_fab_from_files({"pyproject.toml": _PROJECT.encode(), "foreign.py": code.encode()})
    return bytes(content)
