"""Bias-field correction N4 on a shrunk grid; the field itself is evaluated at full resolution.

References: Tustison et al., IEEE Trans Medical Imaging 29 (2010) 1310; Sled et al., ibid. 17 (1998) 87.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.otsu import otsu_threshold
from client.imaging.preprocess.spline_field import Fit, Lattice, evaluate, refined, weights
from client.imaging.volume import Mask, Volume, Voxels
from shared.sections.imaging import N4
from shared.sections.sequence import QUANTITATIVE

Array = NDArray[np.float64]

_BINS = 200
_FULL_WIDTH_HALF_MAXIMUM = 0.15
"""Of the Gaussian that the histogram of logarithms is deconvolved with."""
_WIENER_NOISE = 0.01


def correct(images: PatientImages, settings: N4) -> PatientImages:
    """Divide every image in arbitrary units by its bias field.

    Dynamic phases share the field of the first, and diffusion-weighted images that of the lowest b-value: one coil
    made them all, and a field of their own would take enhancement or diffusion for bias.
    """

    def corrected(volumes: tuple[Volume, ...]) -> tuple[Volume, ...]:
        if not volumes:
            return ()
        field = bias_field(volumes[0].voxels, settings)
        return tuple(replace(volume, voxels=volume.voxels / field) for volume in volumes)

    single = {
        sequence: volume if sequence in QUANTITATIVE else corrected((volume,))[0]
        for sequence, volume in images.single.items()
    }
    return replace(images, dynamic=corrected(images.dynamic), diffusion=corrected(images.diffusion), single=single)


def bias_field(voxels: Voxels, settings: N4) -> Voxels:
    """Smooth factor by which a coil brightened an image; its logarithm has mean zero over the tissue.

    Parameters
    ----------
    voxels : (slices, rows, columns) in arbitrary units; tissue is what lies over Otsu's threshold
    """
    tissue = voxels > max(otsu_threshold(voxels), 0.0)
    if not tissue.any():
        return np.ones_like(voxels)
    steps = [min(settings.shrink, size) for size in voxels.shape]
    # one voxel in each block, not their mean: a mean over an edge is a tissue that does not exist
    places = [np.arange(step // 2, size, step) for step, size in zip(steps, voxels.shape, strict=True)]
    sample = np.ix_(*places)
    centres = [(place + 0.5) / size for place, size in zip(places, voxels.shape, strict=True)]
    lattice = log_bias(voxels[sample].astype(np.float64), tissue[sample], centres, settings)
    everywhere = [(np.arange(size) + 0.5) / size for size in voxels.shape]
    bases = [weights(places, points - 3) for places, points in zip(everywhere, lattice.shape, strict=True)]
    field = evaluate(lattice.astype(np.float32), [basis.astype(np.float32) for basis in bases])
    field -= field[tissue].mean()
    return np.asarray(np.exp(field), dtype=np.float32)


def log_bias(signal: Array, tissue: Mask, centres: list[Array], settings: N4) -> Lattice:
    """Control points of the logarithm of the bias field.

    Parameters
    ----------
    signal : (z, y, x) samples of the image
    tissue : which of them count
    centres : where they lie along each axis, as fractions of it
    """
    inside = tissue & (signal > 0)
    logarithm = np.log(signal[inside])
    lattice = np.zeros((4,) * signal.ndim)
    residual = np.zeros(signal.shape)
    for level in range(settings.levels):
        if level:
            lattice = refined(lattice)
        bases = [weights(places, 2**level) for places in centres]
        fit = Fit(inside.astype(np.float64), bases)
        bias = evaluate(lattice, bases)[inside]
        for _ in range(settings.iterations):
            uncorrected = logarithm - bias
            residual[inside] = uncorrected - sharpened(uncorrected)
            lattice = lattice + fit(residual)
            before, bias = bias, evaluate(lattice, bases)[inside]
            ratio = np.exp(before - bias)
            if ratio.std() / ratio.mean() < settings.tolerance:
                break
    return lattice


def sharpened(values: Array) -> Array:
    """Expected value of each logarithm, had the histogram not been blurred by a bias (Sled, equations 9 to 13)."""
    low, high = values.min(), values.max()
    if high <= low:
        return values
    width = (high - low) / (_BINS - 1)
    position = (values - low) / width
    index = np.minimum(position.astype(int), _BINS - 2)
    share = position - index
    histogram = np.bincount(index, 1 - share, _BINS)
    histogram += np.bincount(index + 1, share, _BINS)
    size = 2 ** (int(np.ceil(np.log2(_BINS))) + 1)
    start = (size - _BINS) // 2
    padded = np.zeros(size)
    padded[start : start + _BINS] = histogram
    blur = _blur(_FULL_WIDTH_HALF_MAXIMUM / width, size)
    wiener = np.conj(blur) / (np.abs(blur) ** 2 + _WIENER_NOISE)
    unblurred = np.maximum(np.fft.ifft(np.fft.fft(padded) * wiener.real).real, 0)
    levels = low + (np.arange(size) - start) * width
    wanted = np.fft.ifft(np.fft.fft(levels * unblurred) * blur).real
    total = np.fft.ifft(np.fft.fft(unblurred) * blur).real
    expected = np.divide(wanted, total, out=np.zeros(size), where=np.abs(total) > 1e-12)[start : start + _BINS]
    return np.asarray(expected[index] * (1 - share) + expected[index + 1] * share)


def _blur(width_bins: float, size: int) -> NDArray[np.complex128]:
    """Fourier transform of the Gaussian blur."""
    distance = np.minimum(np.arange(size), size - np.arange(size))
    factor = 4 * np.log(2) / width_bins**2
    return np.fft.fft(2 * np.sqrt(np.log(2) / np.pi) / width_bins * np.exp(-factor * distance**2))
