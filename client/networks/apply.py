"""A bundle's network on a hospital's own patients."""

from collections.abc import Mapping

import numpy as np

from client.cohort.table import Table
from client.networks import cohort, loop
from client.site.site_file import Site
from shared import arrays as files
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.networks import weights as packed
from shared.networks.registry import build
from shared.results.bundle import Model
from shared.results.network import InputScale

WEIGHTS = "network.npz"
"""Member of the bundle that holds the weights."""


def logits(site: Site, trained: Model, table: Table, members: Mapping[str, bytes]) -> Array:
    """(patients,) logit of the positive class of every patient in a table.

    Parameters
    ----------
    site : the site file
    trained : of the bundle
    table : the hospital's patients
    members : of the bundle

    Raises
    ------
    MrfedError (`DATA_UNREADABLE`) where the bundle lacks its weights; as `cohort.load` does.
    """
    assert trained.network is not None
    network = trained.study.network
    assert network is not None
    try:
        weights = files.from_bytes(members[WEIGHTS])["weights"]
    except (KeyError, ValueError) as error:
        raise MrfedError(
            Code.DATA_UNREADABLE,
            f"{trained.study.name}: the bundle lacks {WEIGHTS}; ask the coordinator for the bundle again",
        ) from error
    if packed.digest(weights) != trained.network.digest:
        raise MrfedError(
            Code.REFUSED,
            f"{trained.study.name}: {WEIGHTS} holds other weights than the result names; ask the coordinator for the "
            "bundle again",
        )
    examples = cohort.load(site, trained.study, table, trained.standards or None)
    scaled = examples.scaled(*_scale(trained.network.variables))
    if trained.network.channels:
        scaled = scaled.with_channels_scaled(*_scale(trained.network.channels))
    return np.asarray(loop.logits(build(network), scaled, weights))


def _scale(inputs: tuple[InputScale, ...]) -> tuple[Array, Array]:
    return np.array([scale.mean for scale in inputs]), np.array([scale.sd for scale in inputs])
