"""Train a network in rounds, all fits in the same exchanges; every site finds the next weights itself, as this does."""

from collections.abc import Mapping, Sequence

import numpy as np

from server.agreed import Agreed
from server.federation import Federation
from server.journal import Exchange
from server.report.hidden_counts import without_complements
from server.stages.evaluate import Judgements
from server.stages.normalize import standard_model
from server.stages.record import record
from server.tracking import Tracking
from shared import arrays as files
from shared.arrays import Array, Arrays
from shared.errors import Code, MrfedError
from shared.files import durable_file
from shared.networks import weights as packed
from shared.networks.export import TORCHSCRIPT, torchscript
from shared.networks.registry import build
from shared.networks.scale import Scale
from shared.results import network, result
from shared.sections.network import Network
from shared.step import Step
from shared.strategies.robust import Robust
from shared.strategies.state import State, advance, of_round
from shared.strategies.strategy import Vector
from shared.study.plan import training_sites

WEIGHTS = "network.npz"
"""File of the final weights, in the folder of the run."""


class NetworkStage:
    """The coordinator's side of a network study.

    Parameters
    ----------
    federation : the sites
    agreed : after the inventory
    """

    def __init__(self, federation: Federation, agreed: Agreed) -> None:
        assert federation.study.network is not None
        self.federation = federation
        self.agreed = agreed
        self.network: Network = federation.study.network
        self.model = build(self.network)
        self.strategy = federation.facts.strategy
        self.state: State
        """Where training stands, once it has begun."""
        self.rounds: list[network.Round] = []
        self.variables: tuple[network.InputScale, ...] = ()
        self.channels: tuple[network.InputScale, ...] = ()
        self.attention: tuple[network.Attention, ...] = ()

    def weigh(self) -> None:
        """Ask who trains, and on which scale inputs enter.

        Raises
        ------
        MrfedError where sites start from other weights, or all patients are of one class.
        """
        start, weighed = self._start(), self.federation.ask(Step.TRAINING_WEIGHTS)
        _require_one_start(weighed, packed.digest(start))
        if not (weighed.totals["class_totals"][0] > 0).all():
            raise MrfedError(Code.ONE_CLASS, "training-weights: all patients are of one class; nothing can be learned")
        self.variables = _scales(weighed.totals, "variable", self.network.architecture.joined)
        self.channels = _scales(weighed.totals, "channel", self._channels)
        self.state = State.begin(start, len(self.agreed.fits), self.strategy, self.network.training)

    def train(self, step: Step) -> None:
        """All rounds; kept in the run's folder when this returns.

        Parameters
        ----------
        step : kind of the rounds

        Raises
        ------
        MrfedError where a round fails; the run can be resumed.
        """
        federation = self.federation
        combine = self._combine if step is Step.OPEN_ROUND else None
        with Tracking(federation.folder, federation.study.name) as tracking:
            while not self.state.done(self.network.training):
                exchange = federation.ask(f"{step}-{self.state.turn}", combine=combine)
                self._note(exchange, tracking, self.state.turn)
                self.state = advance(self.state, of_round(exchange.totals), self.strategy, self.network.training)
        final = self.state.final()[0]
        files.save(federation.folder / WEIGHTS, {"weights": final})
        durable_file.write(federation.folder / TORCHSCRIPT, torchscript(self.network, final))

    def conclude(self, judgements: Judgements) -> result.Result:
        """Put together who took part, what came out, and what left each site."""
        concluded = result.Result(
            **record(self.federation, self.agreed),
            harmonized=(),
            standards=standard_model(self.federation),
            network=network.FinalNetwork(
                weights=len(self.strategy.travels),
                averaged=int(self.strategy.travels.sum()),
                digest=packed.digest(self.state.final()[0]),
                fits=len(self.agreed.fits),
                rounds=tuple(self.rounds),
                variables=self.variables,
                channels=self.channels,
                attention=self.attention,
            ),
            evaluations=judgements.evaluations,
            comparisons=judgements.comparisons,
            class_calls=judgements.recalls,
        )
        return without_complements(concluded)

    def _start(self) -> Vector:
        drawn = packed.draw(self.model, self.network.training.seed)
        expected = self.network.architecture.pretrained
        if expected is None:
            return drawn
        return packed.pretrained(self.model, drawn, self.federation.folder.parent / "pretrained" / expected, expected)

    @property
    def _channels(self) -> tuple[str, ...]:
        """Those that have a scale which all sites have in common."""
        return self.network.input.channels if self.network.input.intensity == "common" else ()

    def _combine(self, shown: Mapping[str, Arrays]) -> dict[str, Array]:
        """One update of every fit, of those that the sites show; a site that trains a fit has moved some weight."""
        assert isinstance(self.strategy, Robust)
        updates = np.stack([shown[site]["update"] for site in self.federation.roster])
        combined = []
        for index, fit in enumerate(self.agreed.fits):
            there = np.array([not fit.leaves_out(site) for site in self.federation.roster])
            combined.append(self.strategy.aggregate(updates[there, index])[0])
        return {"update": np.stack(combined)}

    def _note(self, exchange: Exchange, tracking: Tracking, turn: int) -> None:
        totals, final = exchange.totals, 0
        trains = set(training_sites(self.federation.study, self.federation.roster))
        pairs = float(totals["pairs"][final])
        training_round = network.Round(
            loss=float(totals["loss"][final] / max(totals["judged"][final], 1)),
            auc=float(totals["concordant"][final]) / pairs if pairs else None,
            site_loss=tuple(
                float(exchange.clear[site]["site_loss"][final]) if site in trains else None
                for site in self.federation.roster
                if "site_loss" in exchange.clear[site]
            ),
            change=float(np.linalg.norm(totals["update"][final])),
        )
        self.rounds.append(training_round)
        numbers = {"loss/all": training_round.loss, "change": training_round.change}
        if training_round.auc is not None:
            numbers["auc/validation"] = training_round.auc
        of_sites = zip(self.federation.roster, training_round.site_loss, strict=False)
        numbers |= {f"loss/{site}": value for site, value in of_sites if value is not None}
        tracking.note(turn, numbers)

    def explain(self) -> None:
        """Ask where the final network looks."""
        names = ("grad_cam", "occlusion")
        sums = self.federation.ask(Step.EXPLAIN).totals["attention"]
        self.attention = tuple(
            network.Attention(
                name=name,
                patients=round(float(patients)),
                inside=float(inside / max(patients, 1)),
                area=float(area / max(patients, 1)),
                peaks=float(peaks / max(patients, 1)),
            )
            for name, (patients, inside, area, peaks) in zip(names, sums, strict=True)
        )


def _require_one_start(weigh: Exchange, own: str) -> None:
    differing = sorted(site for site, words in weigh.texts.items() if words["start"] != own)
    if differing:
        raise MrfedError(
            Code.SETTINGS_DIFFER,
            f"training-weights: {', '.join(differing)} would start from other weights than the coordinator; compare "
            "the versions of mrfed, torch and MONAI, and the file of pretrained weights",
        )


def _scales(weigh: Arrays, kind: str, names: Sequence[str]) -> tuple[network.InputScale, ...]:
    """Scales of the model of all patients."""
    if not names:
        return ()
    patients, final = weigh["class_totals"].sum(axis=1), 0
    scale = Scale.of(patients, weigh[f"{kind}_sums"], weigh[f"{kind}_squares"])
    named = zip(names, scale.mean[final], scale.deviation[final], strict=True)
    return tuple(network.InputScale(name=name, mean=float(mean), sd=float(sd)) for name, mean, sd in named)
