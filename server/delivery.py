"""The one seam to Flower: bring a question to nodes, and what they answer in time back."""

import logging
import time

from flwr.app import Message, MessageType
from flwr.serverapp import Grid

from shared.errors import Code, MrfedError
from shared.federation.messages import Answer, Question
from shared.sections.federation import Federation
from shared.services.pace import Pace

log = logging.getLogger(__name__)

SHORTEST_LOOK_S, LONGEST_LOOK_S = 0.1, 1.0
"""How often the coordinator looks for answers; Flower's own waiting looks every three seconds."""


class Delivery:
    """Questions to nodes and back.

    Parameters
    ----------
    grid : Flower's grid: a network, a simulation, or calls within one process
    federation : the study's section, which says how long to wait
    """

    def __init__(self, grid: Grid, federation: Federation) -> None:
        self.grid = grid
        self._federation = federation

    def nodes(self, expected: set[int] | None) -> set[int]:
        """Nodes that are connected: all of the admitted ones, or as many as the study has sites, or those in time."""
        deadline = time.monotonic() + self._federation.deadline_s
        pace = Pace(SHORTEST_LOOK_S, LONGEST_LOOK_S)
        pace.note()
        wanted = len(expected) if expected is not None else len(self._federation.sites)
        while True:
            there = set(self.grid.get_node_ids())
            there = there & expected if expected is not None else there
            if len(there) >= wanted or time.monotonic() > deadline:
                return there
            pace.wait()

    def ask_patiently(self, question: Question, nodes: set[int]) -> tuple[dict[int, Answer], dict[int, int]]:
        """Ask sites that are still preparing images again, with the same question, as long as the study allows."""
        deadline = time.monotonic() + self._federation.preparing_s
        pace = Pace(SHORTEST_LOOK_S, LONGEST_LOOK_S)
        pace.note()
        answers, received = self.ask(question, nodes)
        while time.monotonic() < deadline:
            busy = {node for node, answer in answers.items() if answer.code == Code.PREPARING}
            if not busy:
                break
            pace.wait()  # such a site has waited itself before it answered
            later, more = self.ask(question, busy)
            answers |= later
            received |= more
        return answers, received

    def ask(self, question: Question, nodes: set[int]) -> tuple[dict[int, Answer], dict[int, int]]:
        """Send one question to the nodes and collect their answers until the deadline."""
        content = question.to_records()
        messages = [self.grid.create_message(content, MessageType.QUERY, node, question.step) for node in sorted(nodes)]
        pushed = list(self.grid.push_messages(messages))
        waiting = {
            identity: message.metadata.dst_node_id
            for identity, message in zip(pushed, messages, strict=True)
            if identity
        }
        pace = Pace(SHORTEST_LOOK_S, LONGEST_LOOK_S)
        pace.note()
        answers: dict[int, Answer] = {}
        received: dict[int, int] = {}
        deadline = time.monotonic() + self._federation.deadline_s
        while waiting and time.monotonic() < deadline:
            for reply in self.grid.pull_messages(list(waiting)):
                # A dead node's error comes from node 1: the question it replies to tells whose it is. A second reply
                # to a question, or one to a question that was not asked, is nobody's answer.
                node = waiting.pop(reply.metadata.reply_to_message_id, None)
                if node is None:
                    continue
                if reply.has_error():
                    answers[node] = Answer(question.step, Code.INTERNAL)
                elif reply.metadata.src_node_id != node:
                    log.warning("%s: another node than the one that was asked has answered", question.step)
                    answers[node] = Answer(question.step, Code.REFUSED)
                else:
                    answers[node] = _read(question, reply)
                received[node] = sum(value.nbytes for value in answers[node].arrays.values())
            if waiting:
                pace.wait()
        return answers, received


def _read(question: Question, reply: Message) -> Answer:
    try:
        return Answer.from_records(reply.content)
    except MrfedError as error:
        log.warning("%s: an answer cannot be read: %s", question.step, error.text)
        return Answer(question.step, error.code)
    except Exception:  # whatever an answer holds is its site's failure and nobody else's
        log.exception("%s: an answer cannot be read", question.step)
        return Answer(question.step, Code.REFUSED)
