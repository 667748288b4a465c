"""Who may speak to the review page: the browser of the person who started it, and no other page in it.

The server listens on the loopback interface only. That keeps other machines out, but neither other accounts of this
machine nor pages that the same browser has open; hence a secret in every address, and the checks below.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer: nothing is cached, embedded, or loaded from elsewhere, and the address is told to nobody."""
WRITE = "X-Review-Write"
"""Header that carries the second secret of a request that writes."""


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Guard:
    """The secrets of one start of the page, and the address under which it is served.

    Parameters
    ----------
    port : of the server
    token : first part of every path
    writing : told to the page, and sent back with everything that writes
    """

    port: int
    token: str = field(default_factory=_secret, repr=False)
    writing: str = field(default_factory=_secret, repr=False)

    @property
    def origin(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """What the person opens."""
        return f"{self.origin}/{self.token}/"

    def inner_path(self, headers: Mapping[str, str], path: str) -> str | None:
        """What a request asks for behind the secret; None where it may not ask.

        The Host is compared because a foreign name can be made to point here (DNS rebinding).
        """
        first, _, rest = path.removeprefix("/").partition("/")
        foreign = headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
        if headers.get("Host") != f"127.0.0.1:{self.port}" or not _same(first, self.token):
            return None
        if foreign and headers.get("Sec-Fetch-Mode") != "navigate":
            return None
        return rest.partition("?")[0]

    def may_write(self, headers: Mapping[str, str]) -> bool:
        """Whether a request comes from the page itself."""
        return (
            headers.get("Origin") == self.origin
            and headers.get("Content-Type") == "application/json"
            and _same(headers.get(WRITE, ""), self.writing)
        )


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())
