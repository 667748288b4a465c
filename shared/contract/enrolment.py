"""Who takes part."""

from shared.contract.exchange import Exchange
from shared.contract.quantity import Text
from shared.step import Step

ENROLL = Exchange(
    Step.ENROLL,
    "The site says who it is and announces the key of its masks.",
    "every study",
    asked=lambda _: True,
    texts=(
        Text("site", "the name of the site"),
        Text("software", "versions of the software"),
        Text("masking_key", "the public key of its masks, signed by its identity"),
    ),
    agrees=frozenset({"masking_keys"}),
)
