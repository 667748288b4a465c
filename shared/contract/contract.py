"""Everything that may leave a site: each quantity, its shape in symbols, and whether it travels under masks.

A site sends no answer that is not written here (`client.exchange.handler` holds every one against `check`), a security
officer reads this page, and `mrfed-site approve` prints it in words. No quantity has an axis of patients.

Symbols: images (in arbitrary units), landmarks (percentiles of an image), fits (folds, left-out sites, the final fit,
and the inner folds of each), outer (those that are not inner), inner (those that are), tasks (the model, and it
without harmonization, in every fit), open (models that are still in training), features, crossed (pairs of a
shortlist), selected (columns of one model), curvatures (second derivatives), extras (clinical columns and volume),
levels (three of each feature), level_pairs, penalties, thresholds (of each model and outer fit), resamples, declared
(covariates, as the study names them), covariates (their columns), classes, bins (of scores), value_bins (of feature
values), judged (models, ways of evaluating and classes), reasons (of exclusion), recalibration, packed (the upper
triangle of a symmetric matrix), sequences (as the study names them), scanners (of one site), protocol, tables (before
and after harmonization), groupings (by site, by scanner), tested (means, spreads), assessed (covariate columns and
classes after the first), powers (of a feature), referenced (1 where the study names a reference site, else 0),
omissions (nobody, then each left-out site), maps (of which habitats are made), cells (parts of the maps' range),
candidates (numbers of habitats that are tried), clusters (the largest of these), mixed (1 for Gaussian mixtures, else
0), joined (scanners that sites have in common by the study's choice), centred (1 where there are any, else 0),
incomplete (features that some patient lacks), transformed, powered, ranked (1 where the study transforms features,
does it by powers, by ranks, else 0), grid (of powers), limits (of ranges of a feature), pairs (of features), deals
(of labels to chance), sites, ranges (of a feature, or of a probability), trials (of the site probes), trees, nodes,
rules, sides (the others, the site itself), columns (a count, then features; or
the numbers of a site's own model), probes (linear, forest), opening (1
before a tree is divided, else 0), parts (folds, each patient in one), ranged (ones, and features with a declared
range), apart (classes, where the model looks at the features of each apart, else 0), blocks (inner folds, where halves
of the patients are made of them, else 0), listed (features of a shortlist, then), grown (nodes of the trees that all
tasks grow), united (trees of all sites), leaf (what a node of a tree says).

Of evaluation: views (ways of evaluating), vendors (makes of scanners), matched (1 where sites try each other's models,
else 0), shuffles (of the labels), targets (classes that are judged), explained (features of the final model), settings
(values at which one is held), moves (ranges of what it adds to a score).

Of a continuous endpoint: regressed (1 where the endpoint is a number, else 0), errors, raw, about (the sums of
`shared.metrics.residuals`), groups (of patients by what is predicted of them), group (what is summed over one), ranges
(of errors).

Of networks: weights (those that are averaged), controlled (1 where sites correct their drift by control variates, else
0), variables (clinical ones and features that a network takes), attentions (ways of telling what it looks at), measures
(of each).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from shared.arrays import Arrays
from shared.errors import Code, MrfedError
from shared.step import Step

VERSION = 1

SIDES = 2
"""Patients who are not of the class that is judged, and those who are: the axis `sides`."""

RECALIBRATION = 5
"""Slope, its standard error, intercept, its standard error, and 1 where they exist: the axis `recalibration`."""

ALL_BUT_FEW = -2
"""Stands for a count that all patients reach but a few."""

PROTOCOL = 3
"""Medians of the number of dynamic phases, of the seconds between them, and of the highest b-value; 0 where there are
none: the axis `protocol`."""


class Way(StrEnum):
    """How a quantity leaves."""

    MASKED = "masked"
    """As a number that means nothing until the answers of all sites are added."""
    JOINED = "masked, in the site's own place of the sum"
    """The same; but no other site adds to it, so that all can read it then."""
    CLEAR = "clear"
    """Readable by the coordinator, for this site alone."""
    DERIVABLE = "clear, only where the study declares site_sums: derivable"

    @property
    def summed(self) -> bool:
        """Whether it travels under masks, and all learn the sum."""
        return self in (Way.MASKED, Way.JOINED)


@dataclass(frozen=True)
class Quantity:
    """One named array that may leave a site.

    Parameters
    ----------
    name : its name in the message
    shape : its axes in symbols; an axis is never patients
    way : masked or clear
    words : what it is, for a person who approves a study
    """

    name: str
    shape: tuple[str, ...]
    way: Way
    words: str


@dataclass(frozen=True)
class Text:
    """One named list of words that may leave a site."""

    name: str
    words: str


def _masked(name: str, shape: str, words: str) -> Quantity:
    return Quantity(name, tuple(shape.split()), Way.MASKED, words)


def _clear(name: str, shape: str, words: str) -> Quantity:
    return Quantity(name, tuple(shape.split()), Way.CLEAR, words)


def _derivable(name: str, shape: str, words: str) -> Quantity:
    return Quantity(name, tuple(shape.split()), Way.DERIVABLE, words)


def _joined(name: str, shape: str, words: str) -> Quantity:
    return Quantity(name, tuple(shape.split()), Way.JOINED, words)


def _totals(prefix: str, axes: str, of: str) -> tuple[Quantity, ...]:
    """Totals of ComBat's regression; the last three are of the features that some patient lacks."""
    some = "patients who have a feature"
    return (
        _masked(f"{prefix}count", axes, f"training patients{of}"),
        _masked(f"{prefix}sum_x", f"{axes} features", f"sum of a feature{of}"),
        _masked(f"{prefix}sum_z", f"{axes} covariates", f"sum of a covariate{of}"),
        _masked(f"{prefix}szz", f"{axes} covariates covariates", f"products of covariates, centred in batches{of}"),
        _masked(f"{prefix}szx", f"{axes} covariates features", f"the same of covariate and feature{of}"),
        _masked(f"{prefix}sxx", f"{axes} features", f"squares of a feature, centred in batches{of}"),
        _masked(f"{prefix}incomplete_count", f"{axes} incomplete", f"{some}{of}"),
        _masked(f"{prefix}incomplete_sum_z", f"{axes} incomplete covariates", f"sum of their covariates{of}"),
        _masked(f"{prefix}incomplete_szz", f"{axes} incomplete covariates covariates", f"products of these{of}"),
    )


def _outcome(how: str) -> tuple[Quantity, ...]:
    """What least squares need of a continuous endpoint, which is summed in half its plausible range."""
    return (
        _masked("outcome_sums", "regressed tasks", f"sum of the {how}outcome, in parts of its plausible range"),
        _masked("outcome_squares", "regressed tasks", f"sum of squares of the {how}outcome"),
        _masked("outcome_products", "regressed tasks features", f"products of the {how}outcome and a feature"),
        _masked("outcome_present", "regressed tasks incomplete", f"sum of the {how}outcome where a feature is known"),
    )


_EXPLAINED = (
    _masked("attributed", "explained", "how far a feature moves the score, summed over patients"),
    _masked("moved", "explained moves", "patients by how far a feature moves their score"),
    _masked("dependence", "explained settings classes", "risk were a feature at a value, summed over patients"),
    _masked("exchanged_u", "explained targets", "pairs ranked rightly were a feature another patient's"),
)

_MATCHED = (
    _clear("matched_pairs", "matched targets", "pairs of patients that each site's model is tried on; 0 where too few"),
    _clear("matched_u", "matched targets sites", "pairs that each site's model ranks rightly here; 0 where not shown"),
    _clear("matched_variance", "matched targets sites", "variance of the share of these; 0 where not shown"),
)

_ROUND = (
    _masked("control", "controlled fits weights", "how the control variate changed, in parts of the mean"),
    _masked("effort", "fits", "how many steps were taken, in parts of the mean"),
    _masked("loss", "fits", "log-loss of the network that came in"),
    _masked("judged", "fits", "over how many patients"),
    _masked("concordant", "fits", "pairs of validation patients of different class that it ranks rightly"),
    _masked("pairs", "fits", "of so many"),
    _derivable("site_loss", "fits", "mean log-loss of the network that came in, here"),
)

QUANTITIES: Mapping[Step, tuple[Quantity, ...]] = MappingProxyType(
    {
        Step.ENROLL: (),
        Step.NORMALIZE: (
            _masked("weight", "omissions", "patients whose images decide the standard histogram"),
            _masked("landmarks", "omissions images landmarks", "sum over patients of an image's scaled percentiles"),
        ),
        Step.SURVEY: (
            _clear("patients", "", "patients with images or features; -1 where under the minimum"),
            _clear("usable", "", "patients who could enter the study as things are; -1 where under the minimum"),
            _clear("class_counts", "classes", "usable patients per class; -1 where one class is under the minimum"),
            _clear(
                "having",
                "sequences",
                "patients who have a sequence; -1 where these, -2 where the others are under the minimum",
            ),
            _clear("problems", "reasons", "patients whom something keeps out, per reason; -1 where under the minimum"),
            _clear(
                "protocol",
                "scanners protocol",
                "of scanners with enough patients: medians of dynamic phases, seconds between them, highest b-value",
            ),
        ),
        Step.VOXELS: (
            _masked("weight", "omissions", "patients whose tumour has voxels of which habitats are made"),
            _masked("first", "omissions maps", "sum over patients of the mean of a map over the tumour"),
            _masked("second", "omissions maps maps", "the same of products of two maps"),
            _masked("voxels", "omissions", "how many voxels these are"),
        ),
        Step.CELLS: (
            _masked(
                "cell_weight", "omissions cells", "sum over patients of the share of the tumour in a cell of values"
            ),
            _masked("cell_total", "omissions cells maps", "sum of these shares' values of a map"),
        ),
        Step.CLUSTER: (
            _masked("weight", "omissions candidates clusters", "sum over patients of the tumour's share in a habitat"),
            _masked("first", "omissions candidates clusters maps", "sum of these shares' values of a map"),
            _masked(
                "second", "omissions mixed candidates clusters maps maps", "the same of products of two maps (mixtures)"
            ),
            _masked("merit", "omissions candidates", "how well the habitats fit: inertia, or log-likelihood"),
        ),
        Step.INVENTORY: (
            _clear("patients", "", "number of patients who enter the study"),
            _clear("class_counts", "classes", "patients per class; -1 where under the minimum"),
            _clear("exclusions", "reasons", "patients left out, per reason; -1 where under the minimum"),
            _clear("magnitude", "features", "power of two above the root mean square of a feature"),
            _clear("spread", "features", "the same of its distances from each batch's mean"),
            _clear("covariate_magnitude", "declared", "power of two above a covariate's root mean square"),
            _clear("covariate_spread", "declared", "the same of its distances from each batch's mean"),
        ),
        Step.DESCRIBE: (
            _masked("class_totals", "classes", "patients per class"),
            _masked("spread_squares", "features", "sum of squared distances from the batch's mean"),
            _masked("szz", "covariates covariates", "products of covariates, centred in each batch"),
            _masked("missing", "features", "patients who lack a feature"),
            _masked("sum_x", "centred features", "sum of a feature"),
            _masked("sum_z", "centred covariates", "sum of a covariate"),
            _masked("straight_values", "transformed fits features", "training patients who have a feature"),
            _masked("straight_sums", "transformed fits features", "sum of the feature over them"),
            _masked("straight_squares", "transformed fits features", "its squares, centred in each batch"),
        ),
        Step.TRANSFORM: (
            _masked("count", "powered fits features", "training patients who have a feature"),
            _masked("first", "powered fits grid features", "sum of a feature under each of a grid of powers"),
            _masked("second", "powered fits grid features", "sum of its squares under each power"),
            _masked("bend", "powered fits features", "sum of its logarithms"),
            _masked("cells", "ranked fits features limits", "training patients who have a feature in each range"),
        ),
        Step.STABILITY: (
            _masked("subjects", "omissions features", "patients who were measured several times"),
            _masked("measured_at", "omissions features", "sites with enough of them"),
            _masked("between_subjects", "omissions features", "squares of patients' means about the site's mean"),
            _masked("between_measurements", "omissions features", "squares of readers' (or changes') means about it"),
            _masked("residual", "omissions features", "squares of what is left"),
            _masked("votes", "omissions features", "sites at which a feature is stable enough"),
            _masked("voices", "omissions features", "sites that could say so"),
        ),
        Step.HARMONIZE: (
            *_totals("", "fits", ""),
            *_totals("reference_", "referenced fits", " at the reference site"),
            *_totals("joined_", "fits joined", " of a scanner that sites have in common, about agreed centres"),
        ),
        Step.COVARIANCE: (
            _masked("count", "fits", "training patients"),
            _masked("total", "fits features", "sum of what a harmonized feature deviates from the common model by"),
            _masked("second", "fits pairs", "products of these deviations of two features"),
            _masked("within", "fits pairs", "the same, centred in each batch"),
        ),
        Step.MOMENTS: (
            _masked("class_totals", "tasks classes", "training patients per class"),
            _masked("sum_uu", "tasks features", "sum of squares of a harmonized feature"),
            _masked("class_sums", "tasks classes features", "sum of a harmonized feature per class"),
            _masked("present", "tasks classes incomplete", "training patients per class who have a feature"),
            *_outcome(""),
            _masked("extra_sums", "outer extras", "sum of a clinical variable or the volume"),
            _masked("extra_squares", "outer extras", "sum of its squares"),
            _masked("groups", "tables groupings features", "how many sites and scanners have a feature"),
            _masked("values", "tables features", "how many patients have it"),
            _masked("shift", "tables groupings tested features", "sum of a feature, and of its distances from medians"),
            _masked("between", "tables groupings tested features", "squares of the means of sites and of scanners"),
            _masked("within", "tables groupings tested features", "squares of the distances from these means"),
            _masked("szz", "tables assessed assessed", "products of covariates and label, centred in each scanner"),
            _masked("own_szz", "tables incomplete assessed assessed", "the same of those who have a feature"),
            _masked("szx", "tables assessed features", "products of those and a feature, centred in each scanner"),
            _masked("powers", "tables powers features", "sums of a feature, of its squares and of its cubes"),
            _masked("tied", "tables features", "how many patients share their scanner's most frequent value"),
            _derivable("before", "features value_bins", "how many patients have a feature in each range"),
            _derivable("after", "features value_bins", "the same after harmonization"),
        ),
        Step.GRAM: (
            _masked("products", "tasks crossed", "products of any two features of a shortlist"),
            _masked("class_products", "tasks apart crossed", "the same by class"),
            _masked("block_totals", "tasks blocks classes", "training patients of an inner fold, by class"),
            _masked("block_sums", "tasks blocks classes listed", "sum of a feature of a shortlist over them"),
            _masked("block_products", "tasks blocks crossed", "products of any two features over them"),
            _masked("block_outcomes", "tasks blocks regressed", "sum of the outcome over them"),
            _masked("block_outcome_products", "tasks blocks regressed listed", "products of outcome and feature"),
            _masked("level_pairs", "tasks level_pairs", "patients by the levels (low, middle, high) of two features"),
            _masked("class_levels", "tasks classes levels", "patients by class and the level of a feature"),
        ),
        Step.TRAIN: (
            _masked("loss", "open", "loss of each model so far"),
            _masked("gradient", "open selected", "its gradient"),
            _masked("curvature", "curvatures", "second derivatives of some of them"),
        ),
        Step.GROW: (
            _masked("gradients", "grown selected ranges", "slope of the loss, by the range of a feature, in a node"),
            _masked("hessians", "grown selected ranges", "its second derivative"),
            _masked("counts", "grown selected ranges", "how many training patients these are"),
        ),
        Step.AVERAGE: (
            _masked("steps", "tasks weights", "how far this site's training moved the weights, times its patients"),
        ),
        Step.ENSEMBLE: (
            _joined("trees", "tasks united nodes leaf", "trees grown on this site's patients: splits, bins, values"),
        ),
        Step.TUNE: (
            _masked("held_out_loss", "inner penalties", "loss on patients whom an inner fold leaves out"),
            _masked("held_out", "inner", "how many they are"),
        ),
        Step.COMBINE: (
            _masked("loss", "open", "loss of each baseline and nomogram so far"),
            _masked("gradient", "open selected", "its gradient"),
            _masked("curvature", "curvatures", "its second derivatives"),
        ),
        Step.THRESHOLD: (
            _masked("training_scores", "thresholds sides bins", "how many training patients score in each range"),
            _joined("own_models", "matched sites columns", "the model that each site trains of its own patients alone"),
        ),
        Step.TRAINING_WEIGHTS: (
            _masked("class_totals", "fits classes", "patients per class who train each fit"),
            _masked("sites", "fits", "how many sites have any"),
            _masked("variable_sums", "fits variables", "sum of a clinical variable or feature over them"),
            _masked("variable_squares", "fits variables", "sum of its squares"),
            _masked("channel_sums", "fits channels", "sum over them of a channel's mean over the crop"),
            _masked("channel_squares", "fits channels", "sum over them of the mean of its squares"),
        ),
        Step.ROUND: (
            _masked("update", "fits weights", "how training here changed the network's weights, in parts of the mean"),
            *_ROUND,
        ),
        Step.OPEN_ROUND: (
            _clear("update", "fits weights", "how training here changed the network's weights"),
            *_ROUND,
        ),
        Step.EXPLAIN: (
            _masked("attention", "attentions measures", "how much the network looks at the lesion, over all patients"),
        ),
        Step.EVALUATE: (
            _clear("shown", "judged", "1 where the site has enough patients of each class to be shown, else 0"),
            _clear("class_counts", "judged sides", "evaluated patients per class; 0 where not shown"),
            _clear("u", "judged", "pairs of patients of different class that are ranked rightly; 0 where not shown"),
            _clear("auc_variance", "judged", "DeLong's variance of this site's AUC; 0 where not shown or not valid"),
            _clear("difference_variance", "judged", "the same of its difference from the model's AUC"),
            _clear("brier", "judged", "mean squared error of predicted risk; 0 where not shown"),
            _clear(
                "recalibration",
                "judged recalibration",
                "slope and intercept of recalibration, their errors, and 1 where they exist; 0 where not shown",
            ),
            _clear("site_calls", "judged sides sides", "patients by class and call; 0 where not shown"),
            _clear("own_calls", "views classes classes", "patients by class and the class called; 0 where not shown"),
            *_MATCHED,
            _masked("class_calls", "views classes classes", "patients by class and the class called"),
            _masked("vendor_calls", "views vendors classes classes", "the same by make of scanner, of enough here"),
            *_EXPLAINED,
            _masked("all_u", "judged", "pairs that are ranked rightly"),
            _masked("all_pairs", "judged", "pairs of patients of different class"),
            _masked("resampled_u", "judged resamples", "pairs ranked rightly when patients are drawn anew"),
            _masked("calls", "judged sides sides", "patients by class and call"),
            _masked("scores", "judged sides bins", "how many patients of a class score in each range"),
            _masked("squared_errors", "judged", "sum of squared errors of predicted risk"),
            _derivable("site_scores", "judged sides bins", "how many of this site's patients score in each range"),
        ),
        Step.RESIDUALS: (
            _clear("shown", "views", "1 where the site has enough patients to be shown, else 0"),
            _clear("evaluated", "views", "how many of the model's patients are evaluated; 0 where not shown"),
            _clear("u", "views", "pairs of patients that the model ranks rightly; 0 where not shown"),
            _clear("ranked", "views", "pairs of patients of different outcome; 0 where not shown"),
            _clear("errors", "views errors", "correlation, and mean, mean size and mean square of errors; or 0"),
            _clear(
                "recalibration",
                "views recalibration",
                "slope and intercept of observed on predicted values, their errors, and 1 where they exist; or 0",
            ),
            *_MATCHED,
            _clear("index_variance", "judged", "variance of this site's concordance index; 0 where not valid"),
            _clear("difference_variance", "judged", "the same of its difference from the model's index"),
            _masked("patients", "judged", "how many are evaluated"),
            _masked("sites", "judged", "how many sites have any"),
            _masked("all_u", "judged", "pairs of patients that are ranked rightly"),
            _masked("all_pairs", "judged", "pairs of patients of different outcome"),
            _masked("raw", "judged raw", "sums of observed and predicted values, of their squares and of their errors"),
            _masked("within", "judged about", "the same squares and products about each site's means"),
            _masked("groups", "views groups group", "sums of these values over fifths of patients by predicted value"),
            _masked("differences", "views ranges", "patients by the error of their prediction"),
            *_EXPLAINED,
        ),
        Step.SHUFFLE_MOMENTS: (
            _masked("class_totals", "tasks classes", "training patients per shuffled class"),
            _masked("class_sums", "tasks classes features", "sum of a harmonized feature per shuffled class"),
            _masked("present", "tasks classes incomplete", "training patients per shuffled class who have a feature"),
            *_outcome("shuffled "),
        ),
        Step.SHUFFLE_GRAM: (
            _masked("products", "tasks crossed", "products of any two features of a shortlist by shuffled labels"),
            _masked("class_products", "tasks apart crossed", "the same by shuffled class"),
            _masked("block_totals", "tasks blocks classes", "training patients of an inner fold, by shuffled class"),
            _masked("block_sums", "tasks blocks classes listed", "sum of a feature of a shortlist over them"),
            _masked("block_products", "tasks blocks crossed", "products of any two features over them"),
            _masked("block_outcomes", "tasks blocks regressed", "sum of the shuffled outcome over them"),
            _masked("block_outcome_products", "tasks blocks regressed listed", "products of outcome and feature"),
            _masked("level_pairs", "tasks level_pairs", "patients by the levels of two features of it"),
            _masked("class_levels", "tasks classes levels", "patients by shuffled class and the level of a feature"),
        ),
        Step.SHUFFLE_TRAIN: (
            _masked("loss", "open", "loss of each model of shuffled labels so far"),
            _masked("gradient", "open selected", "its gradient"),
            _masked("curvature", "curvatures", "its second derivatives; none of logistic models"),
        ),
        Step.SHUFFLE_GROW: (
            _masked("gradients", "grown selected ranges", "slope of the loss of shuffled labels, by range"),
            _masked("hessians", "grown selected ranges", "its second derivative"),
            _masked("counts", "grown selected ranges", "how many training patients these are"),
        ),
        Step.SHUFFLE_AVERAGE: (
            _masked("steps", "tasks weights", "how far training here moved the weights under shuffled labels"),
        ),
        Step.SHUFFLE_ENSEMBLE: (
            _joined("trees", "tasks united nodes leaf", "trees grown on shuffled labels here: splits, bins, values"),
        ),
        Step.SHUFFLE_TUNE: (
            _masked("held_out_loss", "inner penalties", "the same of shuffled labels on patients left out"),
            _masked("held_out", "inner", "how many they are"),
        ),
        Step.SHUFFLE_EVALUATE: (
            _masked("shuffled_u", "shuffles targets", "pairs of shuffled class that are ranked rightly"),
            _masked("shuffled_pairs", "shuffles targets", "pairs of patients of different shuffled class"),
        ),
        Step.PROBE_LABELS: (
            *_totals("", "deals sites", " to whom chance deals the label of a site"),
            _masked("total", "features", "sum of a feature, in common units"),
            _masked("second", "pairs", "products of two features, in common units"),
            _masked("in_range", "features ranges", "patients who have a feature in each range"),
        ),
        Step.PROBE_GROW: (
            _masked(
                "sides",
                "trials trees nodes rules sites",
                "patients of a site, or of a dealt label, on one side of each threshold in a node of a tree",
            ),
            _masked("means", "opening trials sites columns", "patients of each label, and the sums of their features"),
        ),
        Step.PROBE_PREDICT: (
            _masked(
                "guesses",
                "tables probes sites sides ranges",
                "patients by how probable a probe finds each site for them",
            ),
        ),
        Step.NOISY_SUMS: (
            _masked("curvature", "parts packed", "with noise: products of features, of the patients of each fold"),
            _masked("slope", "parts ranged", "with noise: features of one class less those of the other, of each fold"),
        ),
        Step.NOISY_SCORES: (
            _masked("noisy_scores", "classes bins", "with noise: how many patients score in each range"),
        ),
        Step.FINISH: (),
        Step.AGREE: (),
        Step.DISCLOSE: (),
    }
)

TEXTS: Mapping[Step, tuple[Text, ...]] = MappingProxyType(
    {
        Step.ENROLL: (
            Text("site", "the name of the site"),
            Text("software", "versions of the software"),
            Text("masking_key", "the public key of its masks, signed by its identity"),
        ),
        Step.SURVEY: (
            Text("reasons", "codes of what keeps patients out, in the order of their counts"),
            Text("scanners", "makes and models of scanners with enough patients"),
        ),
        Step.TRAINING_WEIGHTS: (Text("start", "hash of the weights from which the network starts"),),
        Step.INVENTORY: (
            Text("features", "names of the features"),
            Text("categories", "values that occur of each categorical covariate"),
            Text("reasons", "codes of exclusion, in the order of their counts"),
            Text("scanners", "makes and models of scanners with enough patients"),
            Text("joined", "which scanners that the study joins across sites are here"),
            Text("settings", "hash of the settings under which the features were computed"),
        ),
        Step.AGREE: (Text("signature", "the site's signature under the set of sites that answered"),),
        Step.DISCLOSE: (
            Text("own", "the key of this answer's second mask"),
            Text("lost", "for each site that was lost, the key of the mask that this answer shares with it"),
        ),
    }
)


def quantities(step: Step, *, derivable: bool) -> tuple[Quantity, ...]:
    """What leaves in an exchange, given whether the study lets the sums of a site be concluded."""
    return tuple(one for one in QUANTITIES[step] if derivable or one.way is not Way.DERIVABLE)


def check(
    step: Step, arrays: Arrays, texts: Mapping[str, object], sizes: Mapping[str, int], *, derivable: bool
) -> None:
    """Refuse an answer that says more, less or another shape than the contract.

    Parameters
    ----------
    step : kind of exchange
    arrays : what is about to leave
    texts : words that are about to leave
    sizes : length of every axis symbol
    derivable : whether the study declares `site_sums: derivable`

    Raises
    ------
    MrfedError (`NOT_IN_CONTRACT`) with the step and the quantity.
    """
    agreed = {one.name: one for one in quantities(step, derivable=derivable)}
    agreed_texts = {one.name for one in TEXTS.get(step, ())}
    for name in sorted((set(agreed) ^ set(arrays)) | (agreed_texts ^ set(texts))):
        raise MrfedError(Code.NOT_IN_CONTRACT, f"{step}: {name} is {'missing' if name in agreed else 'not agreed'}")
    for name, quantity in agreed.items():
        expected = tuple(sizes[symbol] for symbol in quantity.shape)
        if np.shape(arrays[name]) != expected:
            found = np.shape(arrays[name])
            raise MrfedError(Code.NOT_IN_CONTRACT, f"{step}: {name} has shape {found}, agreed is {expected}")
