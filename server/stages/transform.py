"""The normalizing transforms of features before harmonization, in every fit."""

from harmonization.normal_scores import CELLS
from harmonization.normalizing_transform import NormalizingTransform, normalizing_transforms
from harmonization.power import GRID
from server.federation import Federation
from server.journal import Exchange
from server.state import Agreed
from shared.sections.harmonization import Transform
from shared.step import Step
from shared.study.plan import switches


def transform_features(federation: Federation, agreed: Agreed, described: Exchange) -> tuple[NormalizingTransform, ...]:
    """Choose each feature's transform from the sums of all sites; none where the study transforms nothing."""
    if federation.study.harmonization.transform is Transform.NONE:
        return ()
    sizes = {
        "fits": len(agreed.fits),
        "features": len(agreed.features),
        "grid": len(GRID),
        "limits": CELLS,
        **switches(federation.study),
    }
    told = federation.ask(Step.TRANSFORM, sizes).totals
    return normalizing_transforms(described.totals, told, federation.scales.spread)
