"""The review page over HTTP: on the loopback interface, for one person, with nothing that a browser could keep."""

import json
import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any

from pydantic import ValidationError

from client.review.guard import HEADERS, Guard
from client.review.session import ReviewSession
from shared.errors import Code, MrfedError
from shared.files import foreign_json

log = logging.getLogger(__name__)

_STATIC = {
    "": ("page.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
    "elements.js": ("elements.js", "text/javascript; charset=utf-8"),
    "page.js": ("page.js", "text/javascript; charset=utf-8"),
    "viewer.js": ("viewer.js", "text/javascript; charset=utf-8"),
    "scanners.js": ("scanners.js", "text/javascript; charset=utf-8"),
}
_MOST_BYTES = 65_536
"""Of a request that writes."""
_IDLE_S = 60


class Server(ThreadingHTTPServer):
    """The server of one start of the page, at a port that the system chooses.

    Parameters
    ----------
    session : answers what the page asks
    """

    daemon_threads = True

    def __init__(self, session: ReviewSession) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.session = session
        self.guard = Guard(self.server_port)


class _Handler(BaseHTTPRequestHandler):
    """One connection of the browser."""

    server: Server
    server_version, sys_version = "mrfed", ""
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S

    def do_GET(self) -> None:
        """Give the page, what it shows, or a picture."""
        path = self.server.guard.inner_path(dict(self.headers.items()), self.path)
        if path is None:
            return self._refuse(HTTPStatus.FORBIDDEN, "open the address that mrfed-site review has printed")
        if path in _STATIC:
            name, kind = _STATIC[path]
            return self._send(HTTPStatus.OK, kind, (resources.files("client.review") / name).read_bytes())
        return self._answer(path, None)

    def do_POST(self) -> None:
        """Keep what the person said."""
        headers = dict(self.headers.items())
        path, length = self.server.guard.inner_path(headers, self.path), self.headers.get("Content-Length", "")
        fits = length.isascii() and length.isdecimal() and int(length) <= _MOST_BYTES
        if path is None or not self.server.guard.may_write(headers) or not fits:
            self.close_connection = True  # what was sent is not read
            return self._refuse(HTTPStatus.FORBIDDEN, "reload the page")
        try:
            content = foreign_json.loads(self.rfile.read(int(length)))
        except ValueError:
            return self._refuse(HTTPStatus.BAD_REQUEST, "not JSON")
        return self._answer(path, content)

    def _answer(self, path: str, content: object) -> None:
        session = self.server.session
        try:
            match (path.split("/"), content):
                case (["start.json"], None):
                    shown: Any = {**session.start(), "writing": self.server.guard.writing}
                case (["patients.json"], None):
                    shown = session.patients()
                case (["scanners.json"], None):
                    shown = session.scanners()
                case (["patients", pseudonym], None):
                    shown = session.patient(pseudonym)
                case (["pictures", pseudonym, name], None):
                    return self._picture(session.picture(pseudonym, name), name)
                case (["patients", pseudonym, "decision"], dict()):
                    shown = session.decide(pseudonym, content)
                case (["patients", pseudonym, "reading"], dict()):
                    shown = session.read(pseudonym, content)
                case _:
                    shown = None
        except ValidationError as error:
            words = "; ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors())
            return self._refuse(HTTPStatus.BAD_REQUEST, words)
        except MrfedError as error:
            conflict = error.code is Code.REFUSED
            return self._refuse(HTTPStatus.CONFLICT if conflict else HTTPStatus.BAD_REQUEST, error.text)
        except OSError as error:
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"not kept: {error.strerror}; free the disk")
        except Exception:
            log.exception("review: unexpected failure")
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected failure; the log says more")
        if shown is None:
            return self._refuse(HTTPStatus.NOT_FOUND, "there is no such patient")
        return self._send(HTTPStatus.OK, "application/json", json.dumps(shown, allow_nan=False).encode())

    def _picture(self, content: bytes | None, name: str) -> None:
        if content is None:
            return self._refuse(HTTPStatus.NOT_FOUND, "there is no such picture; run mrfed-site prepare again")
        return self._send(HTTPStatus.OK, "image/jpeg" if name.endswith(".jpg") else "image/png", content)

    def _refuse(self, status: HTTPStatus, words: str) -> None:
        self._send(status, "application/json", json.dumps({"error": words}).encode())

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Addresses hold the secret: they stand in no log."""
