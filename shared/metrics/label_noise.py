"""What an AUC would be if some labels were misread, independently of the images.

Among the patients who are called negative a share alpha are positive, among those called positive a share beta are
negative. Then the AUC against the labels as read is 1/2 + (1 - alpha - beta) (AUC - 1/2), AUC being that against the
true ones, and the shares follow from how often a class is misread.

Reference: Menon, van Rooyen, Ong and Williamson, ICML 2015, corollary 3.
"""

from math import nan


def true_auc(auc: float, positives: int, negatives: int, missed: float, invented: float) -> float:
    """AUC against the true labels.

    Parameters
    ----------
    auc : against the labels as they were read
    positives, negatives : patients as they were read
    missed : probability that a positive patient is read as negative
    invented : probability that a negative patient is read as positive

    Returns
    -------
    the AUC; NaN where so much misreading cannot have given these counts, or would need an AUC beyond 0 or 1
    """
    if not positives or not negatives or missed + invented >= 1:
        return nan
    read = positives / (positives + negatives)
    prevalence = (read - invented) / (1 - missed - invented)
    if not 0 < prevalence < 1:
        return nan
    kept = 1 - prevalence * missed / (1 - read) - (1 - prevalence) * invented / read
    if kept <= 0:
        return nan
    corrected = 0.5 + (auc - 0.5) / kept
    return corrected if 0 <= corrected <= 1 else nan
