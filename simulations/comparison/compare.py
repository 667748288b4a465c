"""A study run over its sites, compared with pooling and with each site alone."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev

from client.approval import approval
from client.exchange.run import Run
from client.site.site_file import Site
from server.journal import Exchange
from shared.files import durable_file
from shared.results.result import Result
from shared.study.study import Study
from simulations.certificate.certificate import certificate
from simulations.certificate.quantity import Quantity
from simulations.comparison.arms import lines
from simulations.comparison.comparison_line import ComparisonLine
from simulations.pooled import Pooled, require_poolable
from simulations.simulate import simulate


@dataclass(frozen=True)
class Comparison:
    """What came out for one seed.

    Parameters
    ----------
    seed : of folds and draws
    result : of the federated run
    quantities : the exactness certificate
    lines : local, pooled and federated
    """

    seed: int
    result: Result
    quantities: tuple[Quantity, ...]
    lines: tuple[ComparisonLine, ...]

    @property
    def exact(self) -> bool:
        """Whether every quantity equals its pooled value."""
        return all(quantity.holds for quantity in self.quantities)


@dataclass(frozen=True)
class Spread:
    """One way in one view, by one measure, over several seeds: the floor under which a difference is noise."""

    arm: str
    view: str
    measure: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return mean(self.values)

    @property
    def deviation(self) -> float:
        """Standard deviation over the seeds; 0 of one."""
        return stdev(self.values) if len(self.values) > 1 else 0.0


def compare(
    study: Study,
    sites: Sequence[Site],
    folder: Path,
    seeds: int = 1,
    on_exchange: Callable[[Exchange], None] = lambda _: None,
) -> list[Comparison]:
    """Run a study once for each seed, and compare each run with pooling.

    Parameters
    ----------
    study : with a harmonization that pooling has too
    sites : who is asked; whoever runs this holds the data of all of them
    folder : where the runs are kept; one that was broken off goes on
    seeds : how many, from that of the study on
    on_exchange : called with every exchange

    Raises
    ------
    MrfedError (`STUDY_INVALID`) where the study has what is not compared.
    """
    require_poolable(study)
    comparisons = []
    for seed in range(study.evaluation.seed, study.evaluation.seed + seeds):
        evaluation = study.evaluation.model_copy(update={"seed": seed})
        study_of_seed = study.model_copy(update={"evaluation": evaluation})
        result = simulate(study_of_seed, sites, folder / f"seed-{seed}", f"compare{seed}", on_exchange)
        runs = runs_of(study_of_seed, sites, result, f"compare{seed}")
        pooled = Pooled(runs)
        quantities = tuple(certificate(result, runs, pooled))
        comparisons.append(Comparison(seed, result, quantities, tuple(lines(runs, pooled))))
    return comparisons


def runs_of(study: Study, sites: Sequence[Site], result: Result, name: str) -> list[Run]:
    """Every site's part in a run that has finished, read back from its disk, in the order of the participants."""
    by_name = {site.name: site for site in sites}
    runs = []
    for participant in result.participants:
        approved = approval.latest(by_name[participant.site].workspace, study.digest)
        assert approved is not None  # it has just taken part
        runs.append(Run(by_name[participant.site], approved, name))
    return runs


def spreads(comparisons: Sequence[Comparison]) -> list[Spread]:
    """Each way by each measure over the seeds."""
    keys = [_key(line) for line in comparisons[0].lines]
    return [
        Spread(*key, tuple(line.value for run in comparisons for line in run.lines if _key(line) == key))
        for key in keys
    ]


def _key(line: ComparisonLine) -> tuple[str, str, str]:
    return line.arm, line.view, line.measure


def write(comparisons: Sequence[Comparison], folder: Path) -> Path:
    """Write `compare.json`: certificate and lines of every seed."""
    content = [
        {
            "study": comparison.result.study_digest,
            "seed": comparison.seed,
            "certificate": [{**asdict(line), "holds": line.holds} for line in comparison.quantities],
            "arms": [asdict(line) for line in comparison.lines],
        }
        for comparison in comparisons
    ]
    path = folder / "compare.json"
    durable_file.write(path, json.dumps(content, indent=1).encode() + b"\n", 0o644)
    return path
