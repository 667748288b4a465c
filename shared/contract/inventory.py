"""What a site brings: patients, features, and how large these are."""

from shared.contract.axes import CLASSES, DECLARED, listed
from shared.contract.disclosure import Columns, Content, Least, Whole
from shared.contract.exchange import Exchange
from shared.contract.quantity import Text, clear, exponents
from shared.step import Step
from shared.study.kind import Kind, kind_of

_REASONS = listed("reasons", "reasons for which patients are left out", "reasons")
_FEATURES = listed("features", "features that this site has", "features")

INVENTORY = Exchange(
    Step.INVENTORY,
    "The site says how many patients it brings, which features of them, and of which size these are.",
    "studies that learn a model or a network",
    asked=lambda study: kind_of(study) in (Kind.FEATURES, Kind.NETWORK),
    quantities=(
        clear(
            "patients",
            (),
            "number of patients who enter the study",
            *(Content.COUNT, Columns.NOTHING),
            least=Least.SITE,
            whole=Whole.PATIENTS,
            low=1,
            high=1e9,
        ),
        clear(
            "class_counts",
            (CLASSES,),
            "patients per class; -1 where under the minimum",
            *(Content.COUNT, Columns.ENDPOINT),
            least=Least.SHOWN,
            whole=Whole.PATIENTS,
            low=-1,
        ),
        clear(
            "exclusions",
            (_REASONS,),
            "patients left out, per reason; -1 where under the minimum",
            *(Content.COUNT, Columns.NOTHING),
            least=Least.SHOWN,
            low=-1,
            high=1e9,  # they are none of the patients who enter the study
        ),
        exponents("magnitude", (_FEATURES,), "power of two above the root mean square of a feature", Columns.FEATURES),
        exponents("spread", (_FEATURES,), "the same of its distances from each batch's mean", Columns.FEATURES),
        exponents(
            "covariate_magnitude",
            (DECLARED,),
            "power of two above a covariate's root mean square",
            Columns.COVARIATES,
        ),
        exponents(
            "covariate_spread", (DECLARED,), "the same of its distances from each batch's mean", Columns.COVARIATES
        ),
    ),
    texts=(
        Text("features", "names of the features"),
        Text("categories", "values that occur of each categorical covariate"),
        Text("reasons", "codes of exclusion, in the order of their counts"),
        Text("scanners", "makes and models of scanners with enough patients"),
        Text("joined", "which scanners that the study joins across sites are here"),
        Text("settings", "hash of the settings under which the features were computed"),
    ),
    agrees=frozenset({"categories", "joined", "patients"}),
)
