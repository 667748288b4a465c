"""The end of a run: the result comes back to the sites, and nothing leaves them."""

from shared.contract.exchange import Exchange
from shared.step import Step

FINISH = Exchange(
    Step.FINISH,
    "The signed result comes to the site, which destroys the key of its masks.",
    "every study",
    asked=lambda _: True,
    brings=frozenset({"result", "signature"}),
)
