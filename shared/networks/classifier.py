"""A classifier: a body for images, clinical variables joined to its output, a head with one logit."""

import torch
from torch import Tensor, nn

from shared.sections.network import Network

HIDDEN = 16
"""Units of the layer that variables pass."""


class Classifier(nn.Module):
    """A network with late fusion.

    Parameters
    ----------
    body : from images (patients, channels, ...) to (patients, values); None for an MLP on variables alone
    values : that the body gives
    network : the study's section
    """

    def __init__(self, body: nn.Module | None, values: int, network: Network) -> None:
        super().__init__()
        form = network.architecture
        self.body = body
        self.variables: nn.Module | None = None
        if form.joined:
            # No norm layer: its mean and deviation are the study's, learned from sums.
            self.variables = nn.Sequential(nn.Linear(len(form.joined), HIDDEN), nn.ReLU())
            if body is None:
                self.variables.extend([nn.Linear(HIDDEN, HIDDEN), nn.ReLU()])
        self.dropout = nn.Dropout(form.dropout)
        self.head = nn.Linear(values + (HIDDEN if form.joined else 0), 1)

    def last_layer(self, images: Tensor, variables: Tensor) -> Tensor:
        """(patients, values) what the last layer sees.

        Parameters
        ----------
        images : (patients, channels, ...) as the study's input says
        variables : (patients, variables) standardized; no columns where the study names none
        """
        parts = []
        if self.body is not None:
            parts.append(self.body(images))
        if self.variables is not None:
            parts.append(self.variables(variables))
        return torch.cat(parts, dim=1)

    def forward(self, images: Tensor, variables: Tensor) -> Tensor:
        """Logit (patients,) of the positive class."""
        logit: Tensor = self.head(self.dropout(self.last_layer(images, variables)))[:, 0]
        return logit
