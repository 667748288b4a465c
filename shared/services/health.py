"""Whether an address answers as a coordinator should, and what time it is there."""

import http.client
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from shared.services.flower.transport import Credentials


@dataclass(frozen=True)
class Health:
    """A coordinator's answer to `GET /health`.

    Parameters
    ----------
    problem : why it is not well; None when it is
    clock : its time, to the second; None where it did not say
    """

    problem: str | None
    clock: datetime | None = None


def ask(host: str, port: int, authority: Path | str, own: Credentials | None = None, timeout_s: float = 5.0) -> Health:
    """Ask over TLS, trusting one authority alone.

    Parameters
    ----------
    host, port : who is asked
    authority : PEM file, or the PEM text itself
    own : the certificate to show, where one is asked for
    timeout_s : patience
    """
    try:
        context = (
            ssl.create_default_context(cafile=str(authority))
            if isinstance(authority, Path)
            else ssl.create_default_context(cadata=authority)
        )
        if own is not None:
            context.load_cert_chain(own.certificate, own.key)
        connection = http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            date = answer.getheader("Date")
            clock = parsedate_to_datetime(date) if date else None
            problem = None if answer.status == http.HTTPStatus.OK else f"it answers {answer.status}"
            if own is not None and answer.status == http.HTTPStatus.BAD_REQUEST:
                problem = "it does not know this certificate: this hospital is not admitted, or not with these keys"
            return Health(problem, clock)
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        return Health(f"its certificate is not the invited one ({error.verify_message})")
    except OSError as error:
        return Health(error.strerror or str(error))
    except http.client.HTTPException as error:
        return Health(f"it does not answer as a coordinator does ({error.__class__.__name__})")
