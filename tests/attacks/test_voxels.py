"""A coordinator makes up totals so that one habitat is one patient."""

import numpy as np
import pytest

from client.exchange.state.clustering import require_enough_patients
from client.preparation.voxel_file import SiteVoxels
from shared.clustering.clusters import Search
from shared.clustering.start import Moments
from shared.errors import MrfedError
from shared.sections.radiomics import Habitats

pytestmark = pytest.mark.attack


def test_totals_that_fence_off_one_patients_voxels(gained):
    random = np.random.default_rng(4)
    patients = [random.normal(random.normal(0, 1, 2), 1, (random.integers(200, 900), 2)) for _ in range(30)]
    victim = int(np.argmax([patient[:, 0].mean() for patient in patients]))
    voxels = SiteVoxels(
        np.vstack(patients), np.repeat(np.arange(30), [len(patient) for patient in patients]), np.arange(30).astype(str)
    )
    # A start beyond the voxels that only the victim has: which these are, a series of answers would find out.
    habitats = Habitats(maps=("wash_in", "adc"), clusters=(2,))
    moments = Moments.of(voxels.vectors, voxels.weights)
    edge = np.sort([patient[:, 0].max() for number, patient in enumerate(patients) if number != victim])[-1]
    edge = (max(edge, 0) - moments.mean[0]) / moments.standard_deviation[0]
    fenced = Search(habitats, moments, (np.array([[edge - 9, 0.0], [edge + 9, 0.0]]),))
    sums = fenced.sums(voxels.vectors, voxels.weights)
    told = sums["first"][0, 1] / sums["weight"][0, 1] * moments.standard_deviation + moments.mean
    hers = patients[victim][patients[victim][:, 0] > edge * moments.standard_deviation[0] + moments.mean[0]]
    np.testing.assert_allclose(told[0], hers[:, 0].mean())
    with pytest.raises(MrfedError, match=r"habitat 2 of 2 is about 1\.0 patients here, fewer than 10"):
        require_enough_patients(fenced, voxels, 10, "here")
    honest = Search(habitats, moments, (np.array([[-1.0, 0.0], [1.0, 0.0]]),))
    require_enough_patients(honest, voxels, 10, "here")
    gained(
        "Make up totals so that one habitat is one patient",
        f"the mean of {len(hers)} voxels of one patient",
        "effective number of patients 1.0 < 10; refused",
    )
