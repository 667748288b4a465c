"""A site that puts other numbers into its answers."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flwr.app import Message

from client.site.site_file import Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared.federation.messages import Answer
from shared.results.result import Result
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key


class LyingGrid(InProcessGrid):
    """Beta's answers are changed on their way."""

    def __init__(self, sites: Iterable[Site], step: str, lie: Callable[[Answer], Answer]) -> None:
        super().__init__(sites)
        self.step, self.lie = step, lie

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        replies = list(super().pull_messages(message_ids))
        for reply in replies:
            if reply.metadata.src_node_id == self.nodes["beta"]:
                answer = Answer.from_records(reply.content)
                if answer.step.startswith(self.step):
                    reply.content = self.lie(answer).to_records()
        return replies


def puts(**arrays: Any) -> Callable[[Answer], Answer]:
    """A lie about some quantities: a function of the true one."""
    return lambda answer: replace(
        answer, arrays={**answer.arrays, **{name: change(answer.arrays[name]) for name, change in arrays.items()}}
    )


def conducted(study: Study, sites: list[Site], folder: Path, step: str, lie: Callable[[Answer], Answer]) -> Result:
    key = coordinator_key(folder)
    approve_everywhere(study, sites, key)
    grid = LyingGrid(sites, step, lie)
    return conduct(Federation(grid, study, "run", Journal(folder / "journal"), key, grid.nodes))
