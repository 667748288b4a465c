"""Write docs/validation-networks-simulated.md: does a federated CNN find a planted effect, and nothing without one?

`python -m tests.validation.network_planted`; what is done is kept under `.validation-networks/`. Simulated hospitals
write DICOM, sites prepare it, and a study trains on the crops, as at real ones.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import torch

from client import site as site_file
from client.prepare import prepare
from shared import durable_file
from shared.result import Result
from shared.study import Study
from simulations import cohort
from simulations.effects import Effects, Latent, LowVersusZero, PositiveVersusNegative
from simulations.hospital import Prevalence, load
from simulations.scenario import Scenario
from simulations.simulate import simulate
from tests.validation.networks import KEPT, ROOT

PAGE = ROOT / "docs" / "validation-networks-simulated.md"
PATIENTS = 30
"""Of each hospital."""
SITES = ("north", "east", "south", "west")
NAMES = {"planted": "planted", "null": "none"}
DIRECTION = {Latent.KTRANS: 1.0, Latent.HETEROGENEITY: 0.5}
"""What HER2-low does to the planted tumours; the distance is the largest that a scenario may have."""
DISTANCE = 1.0


def scenario(name: str) -> Scenario:
    """The ready-made hospitals with their scanners; as many of each class, labels without error."""
    shift = LowVersusZero(distance=DISTANCE, direction=DIRECTION) if name == "planted" else LowVersusZero(distance=0)
    same = {
        "prevalence": Prevalence(zero=0.5, low=0.5, positive=0),
        "label_noise": 0.0,
        "ish_missing": 0.0,
        "records_ultralow": False,
    }
    return Scenario(
        name=name,
        description="A planted effect on images, or none.",
        effects=Effects(low_vs_zero=shift, positive_vs_negative=PositiveVersusNegative(distance=0)),
        hospitals=tuple(load(one).model_copy(update=same) for one in SITES),
    )


def study(name: str) -> Study:
    """A small CNN on the slice of the largest lesion, before contrast, early and late."""
    return Study.model_validate(
        {
            "name": f"image-effect-{name}",
            "title": "A planted effect on simulated images",
            "question": {"endpoint": "her2-zero-vs-low", "patients": "simulated"},
            "governance": {"ethics": "none needed", "data_use": "simulated", "expires": "2099-12-31"},
            "imaging": {
                "sequences": ["dce"],
                "images": ["before", "early", "late"],
                "phases": {"early_s": 100, "late_s": 330},
                "steps": [{"step": "resample", "spacing_mm": [1.0, 1.0, 1.0]}],
            },
            "network": {
                "input": {"channels": ["before", "early", "late"], "size": [32, 32]},
                "architecture": {"name": "small_cnn", "width": 16},
                "training": {"rounds": 25, "batch_size": 16, "learning_rate": 0.05, "momentum": 0.9},
                "strategy": {"name": "fedavg"},
                "explain": True,
            },
            "harmonization": {"method": "none", "left_out_site": "raw"},
            "evaluation": {"folds": 2},
            "privacy": {"site_sums": "derivable", "minimum_patients": 5},
            "federation": {"sites": list(SITES), "quorum": 4},
        }
    )


def run(kept: Path, name: str) -> Result:
    """The result of a scenario, from the disk as far as it is there."""
    folder, out = kept / f"cohort-{name}", kept / f"study-{name}"
    if (out / "result.json").is_file():
        return Result.model_validate_json((out / "result.json").read_bytes())
    cohort.write(scenario(name), folder, seed=1, patients=PATIENTS)
    sites = [site_file.load(folder / one / "site.yaml") for one in SITES]
    for site in sites:
        prepare(site, study(name))
    result = simulate(study(name), sites, out)
    (out / "result.json").write_text(result.model_dump_json())
    return result


def page(results: dict[str, Result]) -> Iterator[str]:
    """The page, line by line."""
    yield "# Validation of networks on simulated images"
    yield ""
    yield "Written by `make validate-networks`; do not edit."
    yield ""
    yield (
        f"Simulated patients, {PATIENTS} at each of {len(SITES)} simulated hospitals with different scanners, half of "
        "them HER2-low: written as DICOM, prepared, and trained on by a study of every exchange, under masks. "
        f"*Planted*: HER2-low tumours take up more contrast and are more heterogeneous, {DISTANCE:g} deviations "
        "apart, so that whoever knew the tumour's true properties would reach an AUC of 0.76. *None*: the same without "
        "an effect. A small CNN with group norm on the slice in which the lesion is largest, 25 rounds of FedAvg."
    )
    yield ""
    yield "| effect | left-out site: AUC | 95 % | patients | attention in the lesion (its share of the crop) |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, result in results.items():
        within = next(one for one in result.evaluations if one.view == "left-out-site")
        assert within.stratified.interval is not None
        assert result.network is not None
        looks = next(one for one in result.network.attention if one.name == "grad_cam")
        low, high = within.stratified.interval.low, within.stratified.interval.high
        yield (
            f"| {NAMES[name]} | {within.stratified.auc:.2f} | {low:.2f}–{high:.2f} | {within.pooled.patients} | "
            f"{looks.inside:.0%} ({looks.area:.0%}) |"
        )


def main() -> None:
    """Make what is missing, then write the page."""
    torch.set_num_threads(1)
    results = {}
    for name in NAMES:
        started = time.process_time()
        results[name] = run(KEPT, name)
        print(f"{name}: {time.process_time() - started:.0f} s", flush=True)
    durable_file.write(PAGE, ("\n".join(page(results)) + "\n").encode(), 0o644)


if __name__ == "__main__":
    main()
