"""One network comparison run: local, pooled or federated, all left-out sites and folds at once; kept on the disk."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from client.networks import loop
from client.networks.examples import Examples
from shared import arrays as files
from shared.arrays import Array
from shared.files import document
from shared.sections.network import LocalTraining, Network, SmallCnn
from simulations.rounds import Trained, train
from tests.validation.network_cohort import FOLDS, Cohort, Intensity, load, seen

WAYS = ("local", "pooled", "fedavg", "fedprox", "fedbn", "scaffold", "ditto", "fedavg-16")
STRATEGIES: dict[str, dict[str, Any]] = {
    "local": {"name": "fedavg"},
    "pooled": {"name": "fedavg"},
    "fedavg": {"name": "fedavg"},
    "fedprox": {"name": "fedprox", "mu": 0.1},
    "fedbn": {"name": "fedbn"},
    "scaffold": {"name": "scaffold"},
    "ditto": {"name": "ditto", "attachment": 0.1},
    "fedavg-16": {"name": "fedavg", "bits": 16, "largest_change": 1.0},
}
TRAINING = LocalTraining(rounds=25, batch_size=16, learning_rate=0.05, momentum=0.9, schedule="cosine")


def network(way: str, intensity: Intensity, seed: int) -> Network:
    """The study's section of a run."""
    return Network.model_validate(
        {
            "input": seen(intensity),
            "architecture": SmallCnn(width=16),
            "training": TRAINING.model_copy(update={"seed": seed}),
            "strategy": STRATEGIES[way],
        }
    )


def run(folder: Path, kept: Path, way: str, intensity: Intensity, seed: int) -> dict[str, Array]:
    """Scores of a run, from the disk where they are there.

    Returns
    -------
    left_out (patients,): logits by models that never saw the site (local: (sites, patients) by each site's model, NaN
    on its own patients); fold (patients,): by models that saw the site but not the patient, personal ones where the
    strategy has them; layer (patients, values): what the last layer of the model of all patients sees (not local)
    """
    found = kept_run(kept, way, intensity, seed)
    if found is None:
        found = _run(load(folder, intensity, seed), network(way, intensity, seed), way)
        files.save(_path(kept, way, intensity, seed), found)
    return found


def kept_run(kept: Path, way: str, intensity: Intensity, seed: int) -> dict[str, Array] | None:
    """Scores of a run that was made before; None where it was not."""
    path = _path(kept, way, intensity, seed)
    return files.load(path) if path.exists() else None


def _path(kept: Path, way: str, intensity: Intensity, seed: int) -> Path:
    key = [way, intensity.value, seed, TRAINING.model_dump(mode="json"), STRATEGIES[way]]
    return kept / f"{document.digest(key)[:20]}.npz"


def _run(cohort: Cohort, settings: Network, way: str) -> dict[str, Array]:
    if way == "local":
        return _local(cohort, settings)
    sites = cohort.sites
    fits = ("final", *(f"fold-{number}" for number in range(FOLDS)), *(f"without-{name}" for name in sites))
    trains = np.stack(
        [
            np.ones(len(cohort.site), dtype=bool),
            *(cohort.fold != number for number in range(FOLDS)),
            *(cohort.site != name for name in sites),
        ]
    )
    if way == "pooled":
        examples = {"pooled": cohort.of(np.ones(len(cohort.site), dtype=bool))}
        trained = train(settings, examples, fits, {"pooled": trains})
    else:
        examples = cohort.examples
        trained = train(settings, examples, fits, {name: trains[:, cohort.site == name] for name in sites})
    return _scores(cohort, trained, pooled=way == "pooled")


def _scores(cohort: Cohort, trained: Trained, *, pooled: bool) -> dict[str, Array]:
    count = len(cohort.site)
    left_out, fold = np.full(count, np.nan), np.full(count, np.nan)
    layers: list[tuple[NDArray[np.bool_], Array]] = []
    for name, turns in trained.sites.items():
        own = np.ones(count, dtype=bool) if pooled else cohort.site == name
        for number in range(FOLDS):
            rows = own & (cohort.fold == number)
            fold[rows] = turns.scores(trained.state, 1 + number, rows[own])
        for index, site in enumerate(cohort.sites):
            rows = own & (cohort.site == site)
            if rows.any():
                left_out[rows] = turns.scores(trained.state, 1 + FOLDS + index, rows[own], seen=False)
        weights = trained.state.weights[0]
        layers.append((own, loop.last_layer(turns.model, turns.examples[0], weights)))
    layer = np.zeros((count, layers[0][1].shape[1]))
    for own, values in layers:
        layer[own] = values
    return {"left_out": left_out, "fold": fold, "layer": layer, "curve": trained.curve}


def _local(cohort: Cohort, settings: Network) -> dict[str, Array]:
    """Each site by itself: its folds, and its model of all its patients on those of the others."""
    count = len(cohort.site)
    left_out, fold = np.full((len(cohort.sites), count), np.nan), np.full(count, np.nan)
    for index, name in enumerate(cohort.sites):
        own = cohort.site == name
        examples: Examples = cohort.of(own)
        trains = np.stack(
            [np.ones(int(own.sum()), dtype=bool), *(cohort.fold[own] != number for number in range(FOLDS))]
        )
        fits = ("final", *(f"fold-{number}" for number in range(FOLDS)))
        trained = train(settings, {name: examples}, fits, {name: trains})
        turns = trained.sites[name]
        for number in range(FOLDS):
            rows = own & (cohort.fold == number)
            fold[rows] = turns.scores(trained.state, 1 + number, rows[own])
        left_out[index, ~own] = loop.logits(turns.model, cohort.of(~own), trained.state.weights[0])
    return {"left_out": left_out, "fold": fold}
