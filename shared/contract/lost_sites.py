"""Parts of an exchange in which sites may be lost: who answered is signed, then masks are disclosed."""

from shared.contract.exchange import Exchange
from shared.contract.quantity import Text
from shared.sections.federation import Dropout
from shared.step import Step
from shared.study.study import Study


def _continues(study: Study) -> bool:
    return study.federation.dropout is Dropout.CONTINUE


AGREE = Exchange(
    Step.AGREE,
    "The site signs which sites have answered, so that a sum is decoded over exactly these.",
    "studies that go on without lost sites (`federation.dropout: continue`)",
    asked=_continues,
    texts=(Text("signature", "the site's signature under the set of sites that answered"),),
)
DISCLOSE = Exchange(
    Step.DISCLOSE,
    "The site tells the keys by which the masks of lost sites come off the sum.",
    "studies that go on without lost sites (`federation.dropout: continue`)",
    asked=_continues,
    texts=(
        Text("own", "the key of this answer's second mask"),
        Text("lost", "for each site that was lost, the key of the mask that this answer shares with it"),
    ),
)
