"""Selection: products of the features on each task's shortlist, from which correlations and redundancy follow."""

from server.federation import Federation
from shared.step import Step
from shared.study.plan import switches
from shared.training.progress import Learned


def select(federation: Federation, learned: Learned) -> None:
    """Ask for the products; the features of every task follow from them (`shared.selection`)."""
    sizes = {
        "tasks": len(learned.tasks),
        "classes": learned.classes,
        **learned.product_sizes,
        **switches(federation.study),
    }
    federation.ask(Step.GRAM, sizes)
