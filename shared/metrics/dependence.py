"""How much wider intervals must be where the patients who are evaluated train each other's models.

When sites, or folds, are left out in turn, each part is scored by a model that the others trained. What two parts have
in common by chance then counts twice: it raises the score of the first under the model of the second, and that of the
second under the model of the first. Estimates of the parts go up and down together, however many patients there are,
and a variance that takes patients as independent is too small. DeLong's and the bootstrap's are such.

How much too small follows from Hoeffding's decomposition of an estimate f_k of part k, trained on the others. Where
classes have no effect, all that varies comes from groups of parts that hold k, and a group of g parts stands in g of
the f_k: the variance of their sum is at most g times that of independent parts. Linear models are of pairs (g = 2);
selection of features adds larger groups. Measured over cohorts without effect and with one (3 to 8 sites, 30 to 100
patients a site, 12 to 300 features, with and without selection, AUC and its difference, concordance and correlation)
the ratio is 1.4 to 2.3. `tests/shared/metrics/test_dependence.py` measures it again.

It is an upper bound, so that intervals are a little too wide where the effect is strong; no unbiased estimate of this
variance exists from one cross-validation (Bengio and Grandvalet, J Mach Learn Res 5 (2004) 1089), and nested
cross-validation (Bates, Hastie and Tibshirani, J Am Stat Assoc 119 (2024) 1434) would ask for more sums over small
groups of patients than sites allow. Labels shuffled through the whole pipeline (`evaluation.permutations`) need no
such bound.

Reference: Hoeffding, Ann Math Stat 19 (1948) 293.
"""

from math import sqrt

INFLATION = 2.25
"""Of a variance that takes patients as independent, where they train each other's models."""


def inflation(*, mutual: bool) -> float:
    """Factor of a variance that takes patients as independent.

    Parameters
    ----------
    mutual : whether patients who are evaluated train each other's models; else models were frozen before they met them
    """
    return INFLATION if mutual else 1.0


def widened(value: float, low: float, high: float, *, mutual: bool) -> tuple[float, float]:
    """Limits about a value, as far as `inflation` stretches them.

    Parameters
    ----------
    value, low, high : an estimate and its interval as if patients were independent
    mutual : as `inflation` takes it
    """
    stretch = sqrt(inflation(mutual=mutual))
    return value + stretch * (low - value), value + stretch * (high - value)
