"""The site's Flower ClientApp. What it runs is this installed package, whatever the coordinator pushes."""

import logging
from pathlib import Path

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from client.exchange import background, handler
from client.site import site_file
from shared.errors import Code, MrfedError
from shared.federation.messages import Answer, Question
from shared.plain_text import visible

log = logging.getLogger(__name__)

COORDINATORS_OWN = frozenset({"study-file", "output-folder", "admitted-file", "identity-file", "protocol-file"})
"""Settings of a run that its coordinator gives itself; a site reads none, and refuses a run that has others."""

MOST_SHOWN = 200
"""Characters of what an unknown coordinator sends that stand in the log."""

app = ClientApp()


@app.query()  # type: ignore[untyped-decorator]  # flwr is not typed for us
def query(message: Message, context: Context) -> Message:
    """Answer a question; the site's own node configuration, the only one it trusts, names the site file."""
    site = site_file.load(Path(str(context.node_config["site-file"])))
    if unknown := set(context.run_config) - COORDINATORS_OWN:
        names = visible(", ".join(sorted(unknown)))[:MOST_SHOWN]
        log.error("site %s: the run's configuration brings %s; refused", site.name, names)
        return Message(Answer("", Code.REFUSED).to_records(), reply_to=message)
    with background.in_background():
        return reply(message, site)


def reply(message: Message, site: site_file.Site) -> Message:
    """Answer a question as a given site.

    Parameters
    ----------
    message : Flower's message with a question
    site : who answers
    """
    try:
        answer = handler.answer(site, Question.from_records(message.content))
    except MrfedError as error:
        # Flower would send the text of an error along.
        log.error("site %s: %s", site.name, error.text)
        answer = Answer("", error.code)
    return Message(answer.to_records(), reply_to=message)
