"""The loss of every penalty on patients whom it did not train."""

from shared.contract.axes import INNER_FITS
from shared.contract.disclosure import Columns, Content
from shared.contract.exchange import Exchange
from shared.contract.quantity import Axis, counts, masked
from shared.step import Step
from shared.study.kind import Kind, kind_of

_PENALTIES = Axis("penalties", "penalties that are tried", lambda facts: facts.study.model.path_length)

TUNE = Exchange(
    Step.TUNE,
    "How good the model is at every penalty on patients whom the training left out, to choose the best.",
    "studies that choose among penalties (`model.penalties`)",
    asked=lambda study: kind_of(study) is Kind.FEATURES and study.model.path_length > 1,
    quantities=(
        masked(
            "held_out_loss",
            (INNER_FITS, _PENALTIES),
            "loss on patients whom an inner fold leaves out",
            *(Content.LOSS, Columns.SCORES, Columns.ENDPOINT),
            low=0,
        ),
        counts("held_out", (INNER_FITS,), "how many they are"),
    ),
)
SHUFFLE_TUNE = TUNE.under_permutation()
