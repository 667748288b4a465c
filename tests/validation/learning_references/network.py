"""A small network on features, by PyTorch's gradients on the pooled table."""

import numpy as np
import torch

from shared.folds import generator
from shared.models import perceptron
from tests.study_of_tables import Finished


def mlp(done: Finished, z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """PyTorch's gradients on the pooled table, as many steps as there were averages of one step."""
    model, shape = done.study.model, perceptron.Shape(1 + z.shape[1], done.study.model.hidden, 2)
    first, second = shape.layers(shape.draw(generator(done.study.evaluation.seed, "weights")))
    layers = [torch.tensor(one, requires_grad=True) for one in (first[:, 1:], first[:, 0], second[:, 1:], second[:, 0])]
    rows, classes = torch.tensor(z), torch.tensor(y)

    def scores() -> torch.Tensor:
        return torch.tanh(rows @ layers[0].T + layers[1]) @ layers[2].T + layers[3]

    for _ in range(done.result.model.training.iterations):
        loss = torch.nn.functional.cross_entropy(scores(), classes)
        loss = loss + ((layers[0] ** 2).sum() + (layers[2] ** 2).sum()) / (2 * model.c * len(y))
        slopes = torch.autograd.grad(loss, layers)
        with torch.no_grad():
            for layer, slope in zip(layers, slopes, strict=True):
                layer -= model.learning_rate * slope
    return torch.softmax(scores(), dim=1).detach().numpy()
