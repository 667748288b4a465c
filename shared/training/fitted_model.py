"""A trained model with what it standardizes features by: it predicts from features on the common scale.

As a row of numbers it travels, where sites show each other the models of their own patients. A row has room for the
largest model that the study allows, so that all sites' rows are of one length: 1 where there is a model, how many
features it takes, of each its place, mean and standard deviation, then the model as its kind reads it
(`shared.models.learner.Learner.predict`), and zeros.
"""

from dataclasses import dataclass

import numpy as np

from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.models.registry import learner_of
from shared.selection.choose import most_selected
from shared.study.study import Study

LARGEST = 2.0**50
"""A number beyond this has no place in a sum under masks with the digits of the others: no model is shown."""
_HEADER = 2


@dataclass(frozen=True)
class FittedModel:
    """A trained model, and what it standardizes by.

    Attributes
    ----------
    features : (selected,) places among the study's features; -1 for columns that it does not use
    mean, sd : (selected,) of each over the patients who trained it, on the common scale
    vector : (size,)
    """

    features: Array
    mean: Array
    sd: Array
    vector: Array

    def row(self, columns: int) -> Array:
        """(columns,) as it travels; zeros, which are no model, where a number is too large to.

        Parameters
        ----------
        columns : of `room`
        """
        numbers = np.concatenate(
            [[1.0, len(self.features)], self.features.astype(np.float64), self.mean, self.sd, self.vector]
        )
        row = np.zeros(columns)
        if np.isfinite(numbers).all() and np.abs(numbers).max() < LARGEST:
            row[: len(numbers)] = numbers
        return row

    @classmethod
    def of_row(cls, row: Array, study: Study, features: int, site: str) -> "FittedModel | None":
        """Undo `row`; None where it holds no model.

        Parameters
        ----------
        row : (room,) as it came
        study : whose model it is
        features : how many the study has
        site : in whose place it came; under masks another may have sent it

        Raises
        ------
        MrfedError (`DATA_INCONSISTENT`) where it is none that a site can have trained, with what is wrong in it.
        """
        read = cls._read(row, study, features)
        if isinstance(read, str):
            raise MrfedError(
                Code.DATA_INCONSISTENT,
                f"the model in the place of site {site} is none that a site can train: {read} cannot be; ask the sites "
                "which version they run",
            )
        return read if row[0] else None

    @classmethod
    def _read(cls, row: Array, study: Study, features: int) -> "FittedModel | str":
        """What a row says, or what in it cannot be."""
        if not (np.abs(row) < LARGEST).all():
            return "its numbers"
        if row[0] not in (0, 1):
            return "whether there is one"
        width = int(row[1].clip(0, most_selected(study.selection, features)))
        if row[1] != width:
            return "its number of features"
        places, mean, sd = row[_HEADER : _HEADER + 3 * width].reshape(3, width)
        chosen = places.clip(-1, features).astype(np.int64)
        there = chosen[chosen >= 0]
        if (places != chosen).any() or (there == features).any() or len(np.unique(there)) < len(there):
            return "its features"
        if (sd[chosen >= 0] <= 0).any():
            return "its standard deviations"
        start = _HEADER + 3 * width
        vector = row[start : start + _size(study, width)]
        classes = len(study.question.endpoint.classes)
        if row[0] and not learner_of(study.model).reads(study.model, vector, width, classes):
            return "its coefficients"
        return cls(chosen, mean, sd, vector)

    def predict(self, u: Array, study: Study) -> Array:
        """(n, classes) what it predicts of patients; a missing value counts as the mean of those who trained it.

        Parameters
        ----------
        u : (n, features) on the common scale
        study : whose model it is
        """
        there = self.features >= 0
        design = np.zeros((len(u), 1 + len(self.features)))
        design[:, 0] = 1
        design[:, 1:][:, there] = np.nan_to_num((u[:, self.features[there]] - self.mean[there]) / self.sd[there])
        learner = learner_of(study.model)
        return learner.predict(design, self.vector, len(study.question.endpoint.classes))


def room(study: Study, features: int) -> int:
    """Length of a row.

    Parameters
    ----------
    study : the study
    features : how many it has
    """
    width = most_selected(study.selection, features)
    return _HEADER + 3 * width + _size(study, width)


def _size(study: Study, width: int) -> int:
    learner = learner_of(study.model)
    return learner.size(study.model, width, len(study.question.endpoint.classes), places=1)
