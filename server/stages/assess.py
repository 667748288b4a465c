"""What harmonization did to the features, from sums that came along with their moments."""

from harmonization.assess import TableSums, assess
from server.agreed import Agreed, Harmonized
from server.journal import Exchange
from server.report.assessment import assessed_features
from shared.results.harmonized import AssessedFeature

BEFORE, AFTER = 0, 1
"""Places of the two tables on the axis `tables`."""


def assess_features(agreed: Agreed, harmonized: Harmonized, moments: Exchange) -> tuple[AssessedFeature, ...]:
    """Judge every feature by site and by scanner, before harmonization and after it.

    Parameters
    ----------
    agreed : features and covariates
    harmonized : which features some patients lack
    moments : the exchange that brought the sums
    """
    before, after = (
        assess(
            TableSums.from_arrays({name: moments.totals[name][table] for name in TableSums.__dataclass_fields__}),
            agreed.declared,
            harmonized.incomplete,
        )
        for table in (BEFORE, AFTER)
    )
    return assessed_features(agreed.features, before, after)
