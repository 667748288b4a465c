"""How this process proves itself to the Flower service that it speaks to: a certificate of its own.

Flower's clients know whom they speak to and show nobody who they are. Here every client of Flower's in a process shows
a certificate while the connection is made, so that a stranger is turned away before any of its requests is read.
Private to Flower 1.41.
"""

import importlib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Credentials:
    """What a process trusts and what it shows.

    Parameters
    ----------
    authority : PEM file of the one authority that the other side is known by
    certificate : PEM file of this side's certificate
    key : PEM file of its private key, for its owner's eyes
    """

    authority: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """TLS as a client: this authority alone, and this certificate."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.load_cert_chain(self.certificate, self.key)
        return context


def show(credentials: Credentials) -> None:
    """Have every client of Flower's that this process makes from now on show this certificate over TLS."""
    client: Any = importlib.import_module("flwr.supercore.protobuf.client").ProtobufClient
    make = client.__init__

    def made(self: Any, base_url: str, **settings: Any) -> None:
        if base_url.startswith("https:"):
            settings["verify"] = credentials.context()
        make(self, base_url, **settings)

    client.__init__ = made
