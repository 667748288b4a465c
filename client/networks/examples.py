"""A site's patients as a network sees them."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Examples:
    """Images, variables and classes, one row a patient.

    Parameters
    ----------
    images : (patients, channels, ...) float32; no channels for a network on variables alone
    variables : (patients, variables) float32, standardized
    positive : (patients,) float32, 1 for the positive class
    inside : (patients, ...) where the lesion is, on the images' grid; None where nothing is explained
    """

    images: Tensor
    variables: Tensor
    positive: Tensor
    inside: Tensor | None = None

    @classmethod
    def of(
        cls,
        images: NDArray[np.float32],
        positive: NDArray[np.bool_],
        variables: NDArray[np.float64] | None = None,
        inside: NDArray[np.bool_] | None = None,
    ) -> "Examples":
        """From arrays."""
        if variables is None:
            variables = np.zeros((len(positive), 0))
        return cls(
            torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32)),
            torch.from_numpy(np.ascontiguousarray(variables, dtype=np.float32)),
            torch.from_numpy(positive.astype(np.float32)),
            None if inside is None else torch.from_numpy(np.ascontiguousarray(inside)),
        )

    def scaled(self, mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> "Examples":
        """The same with variables less their mean, in deviations.

        Parameters
        ----------
        mean, deviation : (variables,)
        """
        if not self.variables.shape[1]:
            return self
        scaled = (self.variables.numpy() - mean) / deviation
        return replace(self, variables=torch.from_numpy(scaled.astype(np.float32)))

    def with_channels_scaled(self, mean: NDArray[np.float64], deviation: NDArray[np.float64]) -> "Examples":
        """The same with images less their channel's mean, in deviations.

        Parameters
        ----------
        mean, deviation : (channels,) of the study; slices of one channel share its scale
        """
        slices = self.images.shape[1] // len(mean)
        shape = (1, self.images.shape[1], *(1,) * (self.images.ndim - 2))
        of_slice = [np.repeat(values, slices).reshape(shape).astype(np.float32) for values in (mean, deviation)]
        return replace(self, images=(self.images - torch.from_numpy(of_slice[0])) / torch.from_numpy(of_slice[1]))

    def channel_means(self, channels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(patients, channels) mean over the crop of each channel, over all its slices, and of its squares."""
        if not channels:
            return np.zeros((len(self), 0)), np.zeros((len(self), 0))
        voxels = self.images.numpy().astype(np.float64).reshape(len(self), channels, -1)
        return voxels.mean(axis=2), (voxels**2).mean(axis=2)

    def __len__(self) -> int:
        return len(self.positive)

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Examples":
        chosen = torch.from_numpy(np.flatnonzero(rows) if rows.dtype == bool else rows)
        inside = None if self.inside is None else self.inside[chosen]
        return Examples(self.images[chosen], self.variables[chosen], self.positive[chosen], inside)
