"""What a site could bring to a planned study."""

from shared.contract.axes import CLASSES, listed
from shared.contract.disclosure import Columns, Content, Least, Whole
from shared.contract.exchange import Exchange
from shared.contract.quantity import Axis, Text, clear
from shared.step import Step
from shared.study.kind import Kind, kind_of

ALL_BUT_FEW = -2
"""Stands for a count that all patients reach but a few."""
PROTOCOL = 3
"""Medians of the number of dynamic phases, of the seconds between them, and of the highest b-value; 0 where there are
none."""

_SEQUENCES = Axis(
    "sequences",
    "sequences that the study names",
    lambda facts: len(facts.study.imaging.sequences) if facts.study.imaging is not None else 0,
)
_REASONS = listed("reasons", "reasons that keep patients out", "reasons")
_SCANNERS = listed("scanners", "makes and models of scanners here with enough patients", "scanners")
_PROTOCOL = Axis("settings", "dynamic phases, seconds between them, highest b-value", lambda _: PROTOCOL)
_OF = (Content.COUNT, Columns.NOTHING)

SURVEY = Exchange(
    Step.SURVEY,
    "The site says what it could bring: counts, sequences and protocols.",
    "studies that only ask what sites could bring (`purpose: feasibility`)",
    asked=lambda study: kind_of(study) is Kind.SURVEY,
    quantities=(
        clear(
            "patients",
            (),
            "patients with images or features; -1 where under the minimum",
            *_OF,
            least=Least.SHOWN,
            whole=Whole.PATIENTS,
            low=-1,
        ),
        clear(
            "usable",
            (),
            "patients who could enter the study as things are; -1 where under the minimum",
            *_OF,
            least=Least.SHOWN,
            whole=Whole.PATIENTS,
            low=-1,
        ),
        clear(
            "class_counts",
            (CLASSES,),
            "usable patients per class; -1 where one class is under the minimum",
            *(Content.COUNT, Columns.ENDPOINT),
            least=Least.SHOWN,
            whole=Whole.PATIENTS,
            low=-1,
        ),
        clear(
            "having",
            (_SEQUENCES,),
            "patients who have a sequence; -1 where these, -2 where the others are under the minimum",
            *_OF,
            least=Least.SHOWN,
            whole=Whole.PATIENTS,
            low=ALL_BUT_FEW,
        ),
        clear(
            "problems",
            (_REASONS,),
            "patients whom something keeps out, per reason; -1 where under the minimum",
            *_OF,
            least=Least.SHOWN,
            whole=Whole.PATIENTS,
            low=-1,
        ),
        clear(
            "protocol",
            (_SCANNERS, _PROTOCOL),
            "of scanners with enough patients: medians of dynamic phases, seconds between them, highest b-value",
            *(Content.MEASURE, Columns.PROTOCOL),
            least=Least.SHOWN,
        ),
    ),
    texts=(
        Text("reasons", "codes of what keeps patients out, in the order of their counts"),
        Text("scanners", "makes and models of scanners with enough patients"),
    ),
)
