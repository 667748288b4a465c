"""Every site's own model, tried on this site's patients, as quantities of the evaluation."""

from shared.contract.axes import SITES, TARGETS
from shared.contract.disclosure import Columns, Content, Least, Whole
from shared.contract.quantity import clear
from shared.contract.threshold import MATCHED

_ABOUT = (Columns.SCORES, Columns.ENDPOINT)

TRIED = (
    clear(
        "matched_pairs",
        (MATCHED, TARGETS),
        "pairs of patients that each site's model is tried on; 0 where too few",
        *(Content.COUNT, Columns.ENDPOINT),
        least=Least.SHOWN,
        whole=Whole.PAIRS,
        low=0,
    ),
    clear(
        "matched_u",
        (MATCHED, TARGETS, SITES),
        "pairs that each site's model ranks rightly here; 0 where not shown",
        *(Content.RANKS, *_ABOUT),
        least=Least.SHOWN,
        low=0,
    ),
    clear(
        "matched_variance",
        (MATCHED, TARGETS, SITES),
        "variance of the share of these; 0 where not shown",
        *(Content.MEASURE, *_ABOUT),
        least=Least.SHOWN,
        low=0,
        high=0.25,
    ),
)
