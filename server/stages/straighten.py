"""The transforms that straighten features before harmonization, in every fit."""

from harmonization.normal_scores import CELLS
from harmonization.power import GRID
from harmonization.straighten import Straightener, straighteners
from server.federation import Federation
from server.journal import Exchange
from server.state import Agreed
from shared.contract.contract import Step
from shared.sections.harmonization import Transform
from shared.study.plan import switches


def straighten(federation: Federation, agreed: Agreed, described: Exchange) -> tuple[Straightener, ...]:
    """Choose each feature's transform from the sums of all sites; none where the study straightens nothing."""
    if federation.study.harmonization.transform is Transform.NONE:
        return ()
    sizes = {
        "fits": len(agreed.fits),
        "features": len(agreed.features),
        "grid": len(GRID),
        "limits": CELLS,
        **switches(federation.study),
    }
    told = federation.ask(Step.STRAIGHTEN, sizes).totals
    return straighteners(described.totals, told, federation.scales.spread)
