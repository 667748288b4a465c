"""Linear and quadratic discriminant analysis as models of a study (`gaussian`): the products are all they need."""

from collections.abc import Mapping

import numpy as np

from shared.arrays import Array, pack_symmetric, unpack_symmetric
from shared.models import gaussian
from shared.models.closed_form import ClosedForm, in_closed_form
from shared.models.gaussian import Gaussians
from shared.models.learner import Known, Learner
from shared.models.multinomial import Multinomial
from shared.sections.learning import Training
from shared.sections.model import DiscriminantSettings
from shared.sections.question import EndpointKind

_CLASSES = frozenset({EndpointKind.BINARY, EndpointKind.ORDINAL, EndpointKind.MULTICLASS})


class LinearDiscriminant(Learner[DiscriminantSettings]):
    """One covariance for all classes. Coefficients: for each class an intercept and a weight for each feature."""

    kinds = _CLASSES
    words = "Linear discriminant analysis (shrinkage {shrinkage:g})"

    def exchanges(self, section: DiscriminantSettings, training: Training) -> int:
        """None."""
        del section, training
        return 0

    def begin(self, section: DiscriminantSettings, known: Known) -> ClosedForm:
        """See `Learner.begin`."""
        classes, selected = known.class_sums.shape[1:]
        size = self.size(section, selected, classes, known.present.shape[1])
        return in_closed_form([_linear(section, known, task) for task in range(len(known.there))], size)

    def size(self, section: DiscriminantSettings, selected: int, classes: int, places: int) -> int:
        """See `Learner.size`."""
        del section, places
        return classes * (1 + selected)

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        return Multinomial().predict(design, coefficients, classes)

    def shown(self, coefficients: Array, selected: int, classes: int) -> tuple[float, Array]:
        """The last class against the first."""
        return Multinomial().shown(coefficients, 1 + selected, classes)


class QuadraticDiscriminant(Learner[DiscriminantSettings]):
    """A covariance for each class. Coefficients: for each class a constant, the means, the packed precision."""

    kinds = _CLASSES
    words = "Quadratic discriminant analysis (shrinkage {shrinkage:g})"
    by_class = True
    linear = False

    def exchanges(self, section: DiscriminantSettings, training: Training) -> int:
        """None."""
        del section, training
        return 0

    def begin(self, section: DiscriminantSettings, known: Known) -> ClosedForm:
        """See `Learner.begin`."""
        classes, selected = known.class_sums.shape[1:]
        size = self.size(section, selected, classes, known.present.shape[1])
        return in_closed_form([_quadratic(section, known, task) for task in range(len(known.there))], size)

    def size(self, section: DiscriminantSettings, selected: int, classes: int, places: int) -> int:
        """See `Learner.size`."""
        del section, places
        return classes * (1 + selected + selected * (selected + 1) // 2)

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        rows, z = coefficients.reshape(classes, -1), design[:, 1:]
        selected = z.shape[1]
        away = z[:, None, :] - rows[:, 1 : 1 + selected]
        precisions = unpack_symmetric(rows[:, 1 + selected :])
        logs = rows[:, 0] - np.einsum("nkf,kfg,nkg->nk", away, precisions, away) / 2
        odds = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _totals(known: Known, task: int, products: Array) -> Mapping[str, Array]:
    """Sums of a task over the columns that it has."""
    there = known.there[task]
    own = unpack_symmetric(products)[..., there, :][..., there]
    return {
        "count": known.class_totals[task],
        "sum": known.class_sums[task][:, there],
        "products": pack_symmetric(own),
    }


def _linear(section: DiscriminantSettings, known: Known, task: int) -> Array | None:
    there = known.there[task]
    if not there.any():
        return _frequencies(known, task, 1 + len(there))
    try:
        classes = gaussian.linear(dict(_totals(known, task, known.products[task][None])), section.shrinkage)
    except ValueError:
        return None
    weights = np.linalg.solve(classes.covariances[0], classes.means.T).T
    rows = np.zeros((len(weights), 1 + len(there)))
    rows[:, 0] = classes.log_priors - (weights * classes.means).sum(axis=1) / 2
    rows[:, 1:][:, there] = weights
    return rows.reshape(-1)


def _quadratic(section: DiscriminantSettings, known: Known, task: int) -> Array | None:
    there = known.there[task]
    if not there.any():
        return _frequencies(known, task, 1 + len(there) + len(there) * (len(there) + 1) // 2)
    try:
        classes = gaussian.quadratic(dict(_totals(known, task, known.class_products[task])), section.shrinkage)
    except ValueError:
        return None
    return np.concatenate([_of_class(classes, place, there) for place in range(len(classes.means))])


def _frequencies(known: Known, task: int, width: int) -> Array | None:
    """A model without features: a constant for each class."""
    totals = known.class_totals[task]
    if (totals < 1).any():
        return None
    rows = np.zeros((len(totals), width))
    rows[:, 0] = np.log(totals / totals.sum())
    return rows.reshape(-1)


def _of_class(classes: Gaussians, place: int, there: Array) -> Array:
    covariance = classes.covariances[place]
    mean, precision = np.zeros(len(there)), np.zeros((len(there), len(there)))
    mean[there] = classes.means[place]
    precision[np.ix_(there, there)] = np.linalg.inv(covariance)
    constant = classes.log_priors[place] - np.linalg.slogdet(covariance)[1] / 2
    return np.concatenate([[constant], mean, pack_symmetric(precision)])
