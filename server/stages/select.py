"""Selection: products of the features on each task's shortlist, from which correlations and redundancy follow."""

from server.federation import Federation
from shared.contract import Step
from shared.learning import Learned
from shared.plan import switches


def select(federation: Federation, learned: Learned) -> None:
    """Ask for the products; the features of every task follow from them (`shared.selection`)."""
    sizes = {
        "tasks": len(learned.tasks),
        "classes": learned.classes,
        **learned.product_sizes,
        **switches(federation.study),
    }
    federation.ask(Step.CROSS, sizes)
