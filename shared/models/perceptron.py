"""A network of one hidden layer on features: risks, and the gradient of the mean loss, as pure functions.

Weights are one vector: of every hidden unit its intercept and a weight for each feature, then of every class its
intercept and a weight for each hidden unit. Hidden units are hyperbolic tangents, classes share a softmax.

Reference: Rumelhart, Hinton and Williams, Nature 323 (1986) 533.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from shared.arrays import Array


@dataclass(frozen=True)
class Shape:
    """Sizes of the layers.

    Attributes
    ----------
    inputs : columns of a design, that of ones included
    hidden : units
    classes : of the endpoint
    """

    inputs: int
    hidden: int
    classes: int

    @property
    def size(self) -> int:
        """Number of weights."""
        return self.hidden * self.inputs + self.classes * (1 + self.hidden)

    def layers(self, weights: Array) -> tuple[Array, Array]:
        """(hidden, inputs) and (classes, 1 + hidden)."""
        first = self.hidden * self.inputs
        return weights[:first].reshape(self.hidden, self.inputs), weights[first:].reshape(self.classes, -1)

    @property
    def penalized(self) -> Array:
        """(size,) 1 for weights, 0 for intercepts."""
        first, second = np.ones((self.hidden, self.inputs)), np.ones((self.classes, 1 + self.hidden))
        first[:, 0] = second[:, 0] = 0
        return np.concatenate([first.reshape(-1), second.reshape(-1)])

    def draw(self, random: np.random.Generator) -> Array:
        """(size,) weights to begin with (Glorot and Bengio, AISTATS (2010) 249); intercepts are zero."""
        first = random.uniform(-1, 1, (self.hidden, self.inputs)) * np.sqrt(6 / (self.inputs + self.hidden))
        second = random.uniform(-1, 1, (self.classes, 1 + self.hidden)) * np.sqrt(6 / (self.hidden + self.classes))
        return np.asarray(np.concatenate([first.reshape(-1), second.reshape(-1)]) * self.penalized)


def _hidden(shape: Shape, design: Array, weights: Array) -> tuple[Array, Array]:
    first, second = shape.layers(weights)
    units = np.tanh(design @ first.T)
    return units, second[:, 0] + units @ second[:, 1:].T


def risks(shape: Shape, design: Array, weights: Array) -> Array:
    """(patients, classes) risk of each class."""
    return np.asarray(scipy.special.softmax(_hidden(shape, design, weights)[1], axis=1))


def gradient(shape: Shape, design: Array, y: Array, weights: Array) -> tuple[float, Array]:
    """Mean loss over patients, and its gradient.

    Parameters
    ----------
    shape : of the network
    design : (patients, inputs), the column of ones first
    y : (patients,) class
    weights : (size,)
    """
    units, scores = _hidden(shape, design, weights)
    logs = scipy.special.log_softmax(scores, axis=1)
    own = (np.arange(len(y)), y.astype(np.int64))
    off = np.exp(logs)
    off[own] -= 1
    off /= len(y)
    second = shape.layers(weights)[1][:, 1:]
    back = (off @ second) * (1 - units**2)
    of_second = np.concatenate([off.sum(axis=0)[:, None], off.T @ units], axis=1)
    return -float(logs[own].mean()), np.concatenate([(back.T @ design).reshape(-1), of_second.reshape(-1)])
