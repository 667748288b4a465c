"""Labels shuffled within sites and folds, and all that is learned from them: which AUC does chance give here?

Shuffled within folds too, every fold keeps its classes, as the folds that were drawn by class have them; whoever
shuffles across them gets folds whose classes differ, and with them an AUC under one half. Harmonization does not know
the labels, so it is that of the study. Inner folds stay where they are. All else, from the ranking of features to the
choice of a penalty, is done anew; logistic models are trained from gradients alone, all others as in the study.

Reference: Ojala and Garriga, J Mach Learn Res 11 (2010) 1833, test 1; Phipson and Smyth, Stat Appl Genet Mol Biol 9
(2010) 39 for the p value.
"""

from collections.abc import Callable

import numpy as np

from shared.arrays import Array, Arrays, pack_symmetric, unpack_symmetric
from shared.step import Step
from shared.study.permutation_plan import base_of, crosses_anew, shuffled_fits
from shared.study.plan import Fit, model_alone
from shared.study.study import Study
from shared.training.imputation import impute
from shared.training.progress import Learned


def shuffled(labels: Array, folds: Array, random: np.random.Generator) -> Array:
    """Labels of one site, exchanged among the patients of each fold.

    Parameters
    ----------
    labels, folds : (n,)
    random : of this site and this shuffle
    """
    permuted = labels.copy()
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        permuted[rows] = labels[random.permutation(rows)]
    return permuted


class Shuffles:
    """What is learned from shuffled labels, as far as the exchanges have come.

    Parameters
    ----------
    study : the study
    fits : its fits
    incomplete : features that some patient lacks
    broadcast : gives the totals of an exchange of the study by its name
    sites : that took part from the beginning, in order
    """

    def __init__(
        self,
        study: Study,
        fits: tuple[Fit, ...],
        incomplete: Array,
        broadcast: Callable[[str], Arrays],
        sites: tuple[str, ...] = ("",),
    ) -> None:
        self.fits = shuffled_fits(study)
        place = base_of(fits)
        self.base = np.array([place(fit) for fit in self.fits], dtype=np.int64)
        """(tasks,) the fit of the study that has the same patients and harmonized features."""
        self._study, self._incomplete, self._broadcast = study, incomplete, broadcast
        self.learned = Learned(model_alone(study), self.fits, self._of_shuffles, sites, frugal=True)

    def _of_shuffles(self, step: str) -> Arrays:
        if step == Step.MOMENTS:
            own = {
                **self._broadcast(Step.SHUFFLE_MOMENTS),
                "sum_uu": self._broadcast(Step.MOMENTS)["sum_uu"][self.base],
            }
            return impute(own, self._incomplete)
        if step == Step.GRAM:
            return self._broadcast(Step.SHUFFLE_GRAM) if crosses_anew(self._study) else self._products()
        if step == Step.TUNE:
            return self._broadcast(Step.SHUFFLE_TUNE)
        trains = step.startswith(f"{self.learned.learner.step}-")
        return self._broadcast(f"shuffle-{step}" if trains else step)

    def _products(self) -> Arrays:
        """Of the study's own fits: whatever the labels, the shortlist has all features that vary."""
        tasks, width = len(self.fits), self.learned.shortlist.shape[1]
        used, back = np.unique(self.base, return_inverse=True)
        of_fits = unpack_symmetric(self._broadcast(Step.GRAM)["products"][used])[:, :width, :width]
        return {
            "products": pack_symmetric(of_fits)[back],
            "class_products": np.zeros((tasks, 0, width * (width + 1) // 2)),
            "level_pairs": np.zeros((tasks, 0)),
            "class_levels": np.zeros((tasks, self.learned.classes, 0)),
        }


def chance(observed: float, shuffled_aucs: Array) -> float:
    """P value: how often chance gives an AUC as large as the observed one, which counts as a shuffle itself.

    Parameters
    ----------
    observed : AUC of the true labels
    shuffled_aucs : (shuffles,) NaN where a shuffle left nothing to judge
    """
    finite = shuffled_aucs[np.isfinite(shuffled_aucs)]
    return float((1 + (finite >= observed - 1e-12).sum()) / (1 + len(finite)))
