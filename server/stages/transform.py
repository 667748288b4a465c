"""The normalizing transforms of features before harmonization, in every fit."""

from harmonization.normalizing_transform import NormalizingTransform, normalizing_transforms
from server.federation import Federation
from server.journal import Exchange
from shared.step import Step


def transform_features(federation: Federation, described: Exchange) -> tuple[NormalizingTransform, ...]:
    """Choose each feature's transform from the sums of all sites."""
    totals = federation.ask(Step.TRANSFORM).totals
    return normalizing_transforms(described.totals, totals, federation.scales.spread)
