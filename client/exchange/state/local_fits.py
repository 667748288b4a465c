"""What a site trains of its own patients alone, beside the fits of the study."""

from shared.study.plan import Fit, Fold, LeftOutSite, nested
from shared.study.study import Study


def local_fits(study: Study) -> tuple[Fit, ...]:
    """What a site trains of its patients alone: all of them, and every fold; then the inner fits of each."""
    folds = [
        Fit(f"alone-{repeat}-{fold}", Fold(fold, repeat))
        for repeat in range(study.evaluation.repeats)
        for fold in range(study.evaluation.folds)
    ]
    return nested(study, (Fit("alone"), *folds))


def place_of(study: Study, fit: Fit) -> int | None:
    """Place among `local_fits` of the one with a site's part of an outer fit; None of those that leave sites out."""
    match fit.left_out:
        case LeftOutSite():
            return None
        case Fold(number, repeat):
            return 1 + repeat * study.evaluation.folds + number
        case _:
            return 0
