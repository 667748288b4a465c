"""Kinds of exchange between the coordinator and the sites, by name; `shared.contract.registry` says what each is."""

from enum import StrEnum


class Step(StrEnum):
    """A kind of exchange; a repeated one carries its number, as in `train-3`."""

    ENROLL = "enroll"
    SURVEY = "survey"
    NORMALIZE = "normalize"
    VOXELS = "voxels"
    CELLS = "cells"
    CLUSTER = "cluster"
    INVENTORY = "inventory"
    DESCRIBE = "describe"
    STABILITY = "stability"
    TRANSFORM = "transform"
    HARMONIZE = "harmonize"
    COVARIANCE = "covariance"
    MOMENTS = "moments"
    GRAM = "gram"
    TRAIN = "train"
    GROW = "grow"
    """In place of it, where trees are grown from histograms of all sites."""
    AVERAGE = "average"
    """In place of it, where sites train by themselves and their steps are averaged."""
    ENSEMBLE = "ensemble"
    """In place of it, where each site grows trees of its own."""
    TUNE = "tune"
    COMBINE = "combine"
    THRESHOLD = "threshold"
    TRAINING_WEIGHTS = "training-weights"
    ROUND = "round"
    OPEN_ROUND = "open-round"
    EXPLAIN = "explain"
    EVALUATE = "evaluate"
    RESIDUALS = "residuals"
    """In place of evaluation, where the endpoint is a number."""
    SHUFFLE_MOMENTS = "shuffle-moments"
    """Labels shuffled within sites and folds: what the model learns from them. These steps repeat those of training."""
    SHUFFLE_GRAM = "shuffle-gram"
    SHUFFLE_TRAIN = "shuffle-train"
    SHUFFLE_GROW = "shuffle-grow"
    SHUFFLE_AVERAGE = "shuffle-average"
    SHUFFLE_ENSEMBLE = "shuffle-ensemble"
    SHUFFLE_TUNE = "shuffle-tune"
    SHUFFLE_EVALUATE = "shuffle-evaluate"
    PROBE_LABELS = "probe-labels"
    PROBE_GROW = "probe-grow"
    PROBE_PREDICT = "probe-predict"
    NOISY_SUMS = "noisy-sums"
    NOISY_SCORES = "noisy-scores"
    FINISH = "finish"
    AGREE = "agree"
    """In exchanges in which sites may be lost: the sites that answered sign that they did
    (`shared.federation.dropout`)."""
    DISCLOSE = "disclose"
    """There: keys of the masks of those that were lost, and of each site's second mask."""

    @classmethod
    def of(cls, name: str) -> "Step":
        """Kind of the exchange called `name`, which is known to be one."""
        if "." in name:
            return cls(name.rsplit(".", 1)[1])
        return cls(name.rsplit("-", 1)[0] if name[-1].isdigit() else name)

    @property
    def permuted(self) -> bool:
        """Whether it is an exchange under shuffled labels."""
        return self.startswith("shuffle-")

    @property
    def shuffled(self) -> "Step":
        """The same exchange under shuffled labels."""
        return Step(f"shuffle-{self}")
