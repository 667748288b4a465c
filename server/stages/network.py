"""Train a network in rounds, all fits in the same exchanges; every site finds the next weights itself, as this does."""

from collections.abc import Mapping, Sequence

import numpy as np

from server.federation import Federation
from server.journal import Exchange
from server.stages.conclude import told_by_all
from server.stages.evaluate import Judgements
from server.stages.inventory import settled
from server.stages.normalize import standard_model
from server.state import Agreed
from server.tracking import Tracking
from shared import arrays as files
from shared.arrays import Array, Arrays
from shared.contract.contract import Step
from shared.errors import Code, MrfedError
from shared.files import durable_file
from shared.networks import weights as packed
from shared.networks.export import TORCHSCRIPT, torchscript
from shared.networks.parts import parts_of
from shared.networks.registry import build
from shared.networks.scale import Scale
from shared.results import network, result
from shared.results.hidden_counts import without_complements
from shared.sections.network import Network
from shared.strategies.registry import strategy
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
        self.strategy = strategy(self.network.strategy, parts_of(self.model))
        self.rounds: list[network.Round] = []
        self.variables: tuple[network.InputScale, ...] = ()
        self.channels: tuple[network.InputScale, ...] = ()
        self.attention: tuple[network.Attention, ...] = ()

    def train(self) -> State:
        """All rounds; kept in the run's folder when this returns.

        Raises
        ------
        MrfedError where sites start from other weights, or a round fails; the run can be resumed.
        """
        federation, study = self.federation, self.federation.study
        sizes = {
            "fits": len(self.agreed.fits),
            "classes": len(study.question.endpoint.classes),
            "weights": int(self.strategy.travels.sum()),
            "controlled": int("control" in self.strategy.sends),
            "variables": len(self.network.architecture.joined),
            "channels": len(self._channels),
        }
        start = self._start()
        weigh = federation.ask(Step.WEIGH, sizes, settled(federation, self.agreed))
        _require_one_start(weigh, packed.digest(start))
        if not (weigh.totals["class_totals"][0] > 0).all():
            raise MrfedError(Code.ONE_CLASS, "weigh: all patients are of one class; nothing can be learned")
        self.variables = _scales(weigh.totals, "variable", self.network.architecture.joined)
        self.channels = _scales(weigh.totals, "channel", self._channels)
        state = State.begin(start, len(self.agreed.fits), self.strategy, self.network.training)
        turn = Step.ROUND if self.network.strategy.masked else Step.OPEN_ROUND
        with Tracking(federation.folder, study.name) as tracking:
            while not state.done(self.network.training):
                combine = self._combine if turn is Step.OPEN_ROUND else None
                exchange = federation.ask(f"{turn}-{state.turn}", sizes, combine=combine)
                self._note(exchange, tracking, state.turn)
                state = advance(state, of_round(exchange.totals), self.strategy, self.network.training)
        if self.network.explain:
            self._explain()
        files.save(federation.folder / WEIGHTS, {"weights": state.final()[0]})
        durable_file.write(federation.folder / TORCHSCRIPT, torchscript(self.network, state.final()[0]))
        return state

    def conclude(self, state: State, judgements: Judgements) -> result.Result:
        """Put together who took part, what came out, and what left each site."""
        found = result.Result(
            **told_by_all(self.federation, self.agreed),
            harmonized=(),
            standards=standard_model(self.federation),
            network=network.FinalNetwork(
                weights=len(self.strategy.travels),
                averaged=int(self.strategy.travels.sum()),
                digest=packed.digest(state.final()[0]),
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
        return without_complements(found)

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
        found = []
        for index, fit in enumerate(self.agreed.fits):
            there = np.array([not fit.leaves_out(site) for site in self.federation.roster])
            found.append(self.strategy.aggregate(updates[there, index])[0])
        return {"update": np.stack(found)}

    def _note(self, exchange: Exchange, tracking: Tracking, turn: int) -> None:
        totals, final = exchange.totals, 0
        trains = set(training_sites(self.federation.study, self.federation.roster))
        pairs = float(totals["pairs"][final])
        one = network.Round(
            loss=float(totals["loss"][final] / max(totals["judged"][final], 1)),
            auc=float(totals["concordant"][final]) / pairs if pairs else None,
            site_loss=tuple(
                float(exchange.clear[site]["site_loss"][final]) if site in trains else None
                for site in self.federation.roster
                if "site_loss" in exchange.clear[site]
            ),
            change=float(np.linalg.norm(totals["update"][final])),
        )
        self.rounds.append(one)
        numbers = {"loss/all": one.loss, "change": one.change}
        if one.auc is not None:
            numbers["auc/validation"] = one.auc
        of_sites = zip(self.federation.roster, one.site_loss, strict=False)
        numbers |= {f"loss/{site}": value for site, value in of_sites if value is not None}
        tracking.note(turn, numbers)

    def _explain(self) -> None:
        names = ("grad_cam", "occlusion")
        sums = self.federation.ask(Step.EXPLAIN, {"attentions": len(names), "measures": 4}).totals["attention"]
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
    other = sorted(site for site, words in weigh.texts.items() if words["start"] != own)
    if other:
        raise MrfedError(
            Code.SETTINGS_DIFFER,
            f"weigh: {', '.join(other)} would start from other weights than the coordinator; compare the versions of "
            "mrfed, torch and MONAI, and the file of pretrained weights",
        )


def _scales(weigh: Arrays, kind: str, names: Sequence[str]) -> tuple[network.InputScale, ...]:
    """Scales of the model of all patients."""
    if not names:
        return ()
    patients, final = weigh["class_totals"].sum(axis=1), 0
    scale = Scale.of(patients, weigh[f"{kind}_sums"], weigh[f"{kind}_squares"])
    named = zip(names, scale.mean[final], scale.deviation[final], strict=True)
    return tuple(network.InputScale(name=name, mean=float(mean), sd=float(sd)) for name, mean, sd in named)
