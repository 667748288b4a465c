"""Batches that several sites share: the same scanner model at three hospitals, say, joined by the study's choice.

Nobody knows the mean of such a batch before its sums are added up, so its products are taken about a centre
that was agreed when the sites described their data, and moved to the batch's own mean afterwards.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from harmonization.array import Array, Labels, Rows
from harmonization.errors import HarmonizationError
from harmonization.federated import COMPLETE, Totals, batch_totals, stack
from harmonization.sums import total

FEWEST_SITES = 3
"""With two, each would know the other's sums."""


def require_shared(holders: Mapping[str, Collection[str]]) -> None:
    """Refuse to join a batch of which too few sites have patients.

    Parameters
    ----------
    holders : for each joined batch, the sites that have patients of it

    Raises
    ------
    HarmonizationError naming the batch and its sites.
    """
    for batch, sites in sorted(holders.items()):
        if len(sites) < FEWEST_SITES:
            raise HarmonizationError(
                f"batch {batch} is joined across {len(sites)} site(s) ({', '.join(sorted(sites))}) and its sums "
                f"would tell them about each other; keep it apart, or join at least {FEWEST_SITES} sites"
            )


def joint_totals(
    x: Array,
    batch: Labels,
    z: Array,
    joined: Sequence[str],
    centre_x: Array,
    centre_z: Array,
    incomplete: Rows = COMPLETE,
) -> Totals:
    """Totals of one site's part of each joined batch, about the agreed centre: to be added to the other sites'.

    Parameters
    ----------
    x, batch, z, incomplete : as for `federated.site_totals`
    joined : labels of all joined batches of the study, whether the site has patients of them or not
    centre_x, centre_z : (f,), (q,) agreed; any will do, and near the means the digits are best kept

    Returns
    -------
    Totals with a leading axis, one for each joined batch
    """
    parts = [batch == label for label in joined]
    return about(stack([batch_totals(x[part], z[part], incomplete) for part in parts]), centre_x, centre_z)


def about(totals: Totals, centre_x: Array, centre_z: Array) -> Totals:
    """Move products from the batch's mean to an agreed centre; sums become sums of distances from it.

    Parameters
    ----------
    totals : of one batch, with any leading axes
    centre_x, centre_z : (f,), (q,)
    """
    n = totals.count[..., None]
    own = totals.incomplete
    moved = replace(
        totals,
        sum_x=totals.sum_x - totals.feature_count * centre_x,
        sum_z=totals.sum_z - n * centre_z,
        incomplete=own and replace(own, sum_z=own.sum_z - own.count[..., None] * centre_z),
    )
    return _add_between(moved, moved, 1.0)


def within(summed: Totals, centre_x: Array, centre_z: Array) -> Totals:
    """Undo `about` after the sites' parts were added up: the totals of the joined batch as of any other.

    Parameters
    ----------
    summed : of one batch over all sites, with any leading axes
    centre_x, centre_z : as agreed
    """
    n = summed.count[..., None]
    own = summed.incomplete
    moved = replace(
        summed,
        sum_x=summed.sum_x + summed.feature_count * centre_x,
        sum_z=summed.sum_z + n * centre_z,
        incomplete=own and replace(own, sum_z=own.sum_z + own.count[..., None] * centre_z),
    )
    return _add_between(moved, summed, -1.0)


def _add_between(totals: Totals, distances: Totals, sign: float) -> Totals:
    """Add n (mean - centre)(mean - centre)' to the products, or take it away."""
    mean_x = distances.sum_x / np.maximum(distances.feature_count, 1)
    mean_z = distances.sum_z / np.maximum(distances.count, 1)[..., None]
    szx = distances.sum_z[..., :, None] * mean_x[..., None, :]
    own, there = totals.incomplete, distances.incomplete
    if own is not None and there is not None:
        own_mean_z = there.sum_z / np.maximum(there.count, 1)[..., None]
        own = replace(own, szz=own.szz + sign * there.sum_z[..., :, None] * own_mean_z[..., None, :])
        own_szx = there.sum_z * mean_x[..., there.features, None]
        szx[..., there.features] = np.swapaxes(own_szx, -1, -2)
    return replace(
        totals,
        szz=totals.szz + sign * distances.sum_z[..., :, None] * mean_z[..., None, :],
        szx=totals.szx + sign * szx,
        sxx=totals.sxx + sign * distances.sum_x * mean_x,
        incomplete=own,
    )


def all_batches(apart: Totals, joined: Totals) -> Totals:
    """Totals over all batches, from the sum over those kept apart and the joined ones (after `within`).

    Parameters
    ----------
    apart : summed over sites
    joined : joined batches on the axis before last of `sum_x`
    """
    axis = joined.count.ndim - 1
    summed = {name: values.sum(axis=axis) for name, values in joined.arrays().items()}
    features = COMPLETE if joined.incomplete is None else joined.incomplete.features
    return total([apart, Totals.from_arrays(summed, features)])
