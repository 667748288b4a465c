"""The sites of a run: ask all of them one question, check what comes back, add it up."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flwr.serverapp import Grid

from server import plausibility
from server.delivery import Delivery
from server.journal import Exchange, Journal
from server.locked_protocol import Protocol
from server.robust_sums import robust_sums, standing_apart
from shared.arrays import Array, Arrays
from shared.contract.exchange import Exchange as Asked
from shared.contract.facts import AgreedFacts
from shared.contract.registry import exchange_of
from shared.contract.scales import Scales
from shared.errors import Code, MrfedError
from shared.federation import dropout, masking, signed_result
from shared.federation.messages import OK, Answer, Question
from shared.federation.receipt import Receipt, countersign
from shared.models.registry import learner_of
from shared.sections.federation import Dropout
from shared.sections.privacy import SiteSums
from shared.step import Step
from shared.study.plan import training_sites
from shared.study.study import Study

log = logging.getLogger(__name__)

Combine = Callable[[Mapping[str, Arrays]], Mapping[str, Array]]


class Federation:
    """The sites of one run, as the stages see them.

    Parameters
    ----------
    grid : Flower's grid: a network, a simulation, or calls within one process
    study : the study
    run : name of this run
    journal : exchanges that have been made; a step found there is not asked again
    key : the coordinator's identity, which countersigns the heads of the sites' audit logs
    nodes : Flower's node of each site, where admission has settled it; None in simulations, where sites say
        who they are at enrolment
    on_exchange : told of every exchange, for a progress display
    protocol : as the study was locked, where it was
    """

    def __init__(
        self,
        grid: Grid,
        study: Study,
        run: str,
        journal: Journal,
        key: Ed25519PrivateKey,
        nodes: Mapping[str, int] | None = None,
        on_exchange: Callable[[Exchange], None] = lambda _: None,
        protocol: Protocol | None = None,
    ) -> None:
        self.study = study
        self.run = run
        self.protocol = protocol
        self.roster: tuple[str, ...] = ()
        """Sites that are there; where the study goes on without those that it lost, fewer than began."""
        self.enrolled: tuple[str, ...] = ()
        self.scales: Scales
        """Agreed after the inventory."""
        self.patients: dict[str, int] = {}
        """Of each site, known from the inventory on."""
        self.exchanges: list[Exchange] = []
        self.facts = AgreedFacts(study, lambda: self.enrolled, self._told, lambda step: self._agreed[step], self.made)
        """What the sites know alike."""
        self._agreed: dict[Step, Mapping[str, Any]] = {}
        self._delivery = Delivery(grid, study.federation)
        self._journal = journal
        self._key = key
        self._nodes = dict(nodes) if nodes is not None else {}
        self._admitted = nodes is not None
        self._on_exchange = on_exchange

    @property
    def derivable(self) -> bool:
        """Whether the study lets the sums of a single site be concluded."""
        return self.study.privacy.site_sums is SiteSums.DERIVABLE

    @property
    def folder(self) -> Path:
        """Where what is kept of the run lies."""
        return self._journal.folder

    def enroll(self) -> Exchange:
        """Ask who is there. Sites that cannot take part are left out, as long as the quorum holds.

        Raises
        ------
        MrfedError (`QUORUM`) with the code of each site that is missing, or (`REFUSED`) where the journal is of another
        study.
        """
        self._journal.require(self.study.digest)
        done = self._journal.find(Step.ENROLL)
        if done is None:
            done = self._ask_who_is_there()
            self._journal.keep(done)
        self.roster = self.enrolled = tuple(site for site in self.study.federation.sites if site in done.texts)
        if not self._admitted:
            self._nodes = {site: int(done.clear[site]["node"]) for site in self.roster}
        self.agree(Step.ENROLL, {"masking_keys": {site: done.texts[site]["masking_key"] for site in self.roster}})
        self._note(done)
        return done

    def ask(
        self,
        step: str,
        texts: Mapping[str, object] | None = None,
        combine: Combine | None = None,
    ) -> Exchange:
        """Make one exchange with the whole roster, or find it in the journal.

        The question brings the totals of the exchange before, from which every site goes on by itself.

        Parameters
        ----------
        step : name of the exchange
        texts : words that it brings besides
        combine : makes, of what each site shows, the aggregates that the next question tells all

        Raises
        ------
        MrfedError where a site does not answer in time, answers with an error, or answers outside the contract. The
        run can be resumed.
        """
        done = self._journal.find(step)
        if done is None:
            last = self.exchanges[-1]
            words = {**(texts or {}), **self._agreed.get(Step.of(last.step), {}), "receipts": last.receipts}
            question = Question(self.study.digest, self.run, step, last.step, self.roster, words, self._told(last.step))
            done = self._exchange(question, combine)
            self._journal.keep(done)
        self._note(done)
        return done

    def agree(self, step: Step, words: Mapping[str, Any]) -> None:
        """Keep the words on which all agree after a step; the next question brings them."""
        self._agreed[step] = words

    def totals(self, step: str) -> Arrays:
        """Totals of an exchange that has been made."""
        return next(exchange.totals for exchange in self.exchanges if exchange.step == step)

    def _told(self, step: str) -> Arrays:
        """What the question after an exchange brings of it."""
        return self.scales.arrays() if step == Step.INVENTORY else self.totals(step)

    def made(self, step: Step) -> int:
        """Exchanges of a repeated step that have been made."""
        return sum(exchange.step.startswith(f"{step}-") for exchange in self.exchanges)

    def sign(self, result: str) -> dict[str, str]:
        """The coordinator's signature under a result."""
        return signed_result.sign(result.encode(), self._key).model_dump()

    def _note(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        if exchange.step not in (Step.ENROLL, Step.FINISH):
            self.roster = tuple(site for site in self.roster if site not in exchange.failed)
        if exchange.step == Step.INVENTORY:
            self.patients = {site: int(clear["patients"]) for site, clear in exchange.clear.items()}
        self._on_exchange(exchange)

    def _ask_who_is_there(self) -> Exchange:
        question = Question(self.study.digest, self.run, Step.ENROLL)
        started = time.monotonic()
        expected = set(self._nodes.values()) if self._admitted else None
        answers, received = self._delivery.ask(question, self._delivery.nodes(expected))
        names = {node: site for site, node in self._nodes.items()} if self._admitted else {}
        present: dict[str, Answer] = {}
        failed: dict[str, str] = {}
        nodes: dict[str, int] = {}
        for node, answer in answers.items():
            site = names.get(node, str(answer.texts.get("site", f"node {node}")))
            if answer.code != OK:
                failed[site] = answer.code
            elif site not in self.study.federation.sites or site in present or answer.texts.get("site") != site:
                failed[site] = Code.REFUSED
            else:
                present[site], nodes[site] = answer, node
        for site, answer in list(present.items()):
            if (wrong := self._wrong(site, Step.ENROLL, answer)) is not None:
                log.warning("%s: goes on without %s: %s", Step.ENROLL, site, wrong.text)
                failed[site] = wrong.code
                del present[site], nodes[site]
        for site in set(self.study.federation.sites) - set(present):
            failed.setdefault(site, Code.NO_ANSWER)
        if len(present) < self.study.federation.quorum:
            missing = ", ".join(f"{site} ({code})" for site, code in sorted(failed.items()))
            raise MrfedError(
                Code.QUORUM,
                f"{self.study.name}: {len(present)} of at least {self.study.federation.quorum} sites took part; "
                f"without: {missing}; see those sites' logs, then resume",
            )
        if not self._admitted:
            self._nodes = nodes
        return Exchange(
            step=Step.ENROLL,
            totals={},
            clear={site: {**answer.arrays, "node": np.array(nodes[site])} for site, answer in present.items()},
            texts={site: dict(answer.texts) for site, answer in present.items()},
            seconds=time.monotonic() - started,
            sent=0,
            received={site: received[nodes[site]] for site in present},
            failed=failed,
            receipts={site: self._receipt(site, answer) for site, answer in present.items()},
        )

    def _exchange(self, question: Question, combine: Combine | None) -> Exchange:
        started = time.monotonic()
        declared = exchange_of(Step.of(question.step))
        agreed = self._journal.answered(question.step)
        may_lose = self._may_lose(question.step)
        of_site, failed, received = self._answers(question, agreed or self.roster, may_lose=may_lose)
        if failed and not may_lose:
            raise self._without(question, failed)
        masked = sorted(quantity.name for quantity in declared.summed)
        parts = {site: {name: answer.arrays[name] for name in masked} for site, answer in of_site.items()}
        known = declared.encodings(self.facts)
        last, totals = of_site, {}
        outvoted: tuple[str, ...] = ()
        apart: tuple[str, ...] = ()
        if masked and may_lose:
            if agreed is None:
                self._require_most(question, of_site, failed)
                self._journal.keep_answered(question.step, list(of_site))
            elif failed:
                raise self._without(question, failed)
            failed = {site: failed.get(site, Code.NO_ANSWER) for site in self.roster if site not in of_site}
            last, disclosures = self._disclosures(question, list(of_site))
            totals = masking.unmask_sum_of_answered(parts, known, self.roster, disclosures)
        elif masked and self.study.federation.dishonest:
            own = {site: masking.unmask_sum([part], known) for site, part in parts.items()}
            totals, outvoted, apart = self._compared(question.step, own)
        elif masked:
            totals = masking.unmask_sum(list(parts.values()), known)
        if combine is not None:
            totals |= combine({site: answer.arrays for site, answer in of_site.items()})
        if self.patients:
            patients = sum(self.patients[site] for site in of_site)
            robust = declared.robust and bool(self.study.federation.dishonest)
            plausibility.require_totals(question.step, totals, patients, bounded=self._bounded, whole=not robust)
        return Exchange(
            step=question.step,
            totals=totals,
            clear={
                site: {name: value for name, value in answer.arrays.items() if name not in masked}
                for site, answer in of_site.items()
            },
            texts={site: dict(answer.texts) for site, answer in of_site.items()},
            seconds=time.monotonic() - started,
            sent=sum(value.nbytes for value in question.arrays.values()),
            received=received,
            failed=failed,
            receipts={site: self._receipt(site, answer) for site, answer in last.items()},
            outvoted=outvoted,
            apart=apart,
        )

    @property
    def _bounded(self) -> bool:
        """Whether a patient adds at most one to the slope along a model's intercept."""
        return learner_of(self.study.model).bounded

    def _compared(
        self, step: str, own: Mapping[str, dict[str, Array]]
    ) -> tuple[dict[str, Array], tuple[str, ...], tuple[str, ...]]:
        """Totals where the sums of single sites are readable, who was left out of them, and whose stand apart.

        Raises
        ------
        MrfedError (`DATA_INCONSISTENT`) where a site sent what it cannot have, of a step in which none is left out.
        """
        # external sites have nothing in the sums of training, and are held against nobody
        training = {site: own[site] for site in training_sites(self.study, tuple(own))}
        if exchange_of(Step.of(step)).robust:
            totals, outvoted = robust_sums(training, self.patients, self.study.federation.dishonest)
            return totals, outvoted, ()
        for site, sums in own.items():
            plausibility.require_totals(step, sums, self.patients[site], bounded=self._bounded, who=f"site {site}")
        totals = {name: np.sum([sums[name] for sums in own.values()], axis=0) for name in next(iter(own.values()))}
        return totals, (), standing_apart(training, self.patients)

    def _may_lose(self, step: str) -> bool:
        """Whether the study goes on without sites that are missing in an exchange; the last one decodes nothing."""
        continues = self.study.federation.dropout is Dropout.CONTINUE
        return (continues and step == Step.FINISH) or dropout.may_lose(self.study, step)

    def _answers(
        self, question: Question, sites: Sequence[str], *, may_lose: bool
    ) -> tuple[dict[str, Answer], dict[str, str], dict[str, int]]:
        """Ask sites; those whose answers hold, the codes of the others, and the bytes that came from each."""
        answers, received = self._delivery.ask_patiently(question, {self._nodes[site] for site in sites})
        of_site: dict[str, Answer] = {}
        failed: dict[str, str] = {}
        for site in sites:
            answer = answers.get(self._nodes[site], Answer(question.step, Code.NO_ANSWER))
            if answer.code != OK:
                failed[site] = answer.code
                continue
            if (wrong := self._wrong(site, question.step, answer)) is None:
                of_site[site] = answer
            elif may_lose:
                log.warning("%s: goes on without %s: %s", question.step, site, wrong.text)
                failed[site] = wrong.code
            else:
                raise wrong
        return of_site, failed, {site: received[self._nodes[site]] for site in of_site}

    def _without(self, question: Question, failed: Mapping[str, str]) -> MrfedError:
        """What to say where an exchange needs a site that is missing."""
        site, code = next(iter(failed.items()))
        if code == Code.NO_ANSWER:
            reason = f"did not answer within {self.study.federation.deadline_s:g} s; ask it to join again, then resume"
        elif code == Code.PREPARING:
            reason = (
                f"is still preparing images after {self.study.federation.preparing_s:g} s; it goes on by itself and "
                "loses nothing: resume later"
            )
        else:
            reason = f"answered {code}; ask it for the reason, which stands in its own log, then resume"
        return MrfedError(Code(code), f"{question.step}: site {site} {reason}")

    def _require_most(self, question: Question, there: Collection[str], failed: Mapping[str, str]) -> None:
        """Refuse to go on with too few sites, or without the one to which all are harmonized."""
        least = dropout.least(len(self.roster), self.study.federation.quorum)
        reference = self.study.harmonization.reference_site
        if len(there) < least or (reference is not None and reference in failed):
            missing = ", ".join(f"{site} ({code})" for site, code in sorted(failed.items()))
            what = f"it takes {least}" if len(there) < least else f"{reference} is the study's reference"
            raise MrfedError(
                Code.QUORUM,
                f"{question.step}: {len(there)} of {len(self.roster)} sites answered, and {what}; without: {missing}; "
                "ask those sites for the reasons, which stand in their own logs, then resume",
            )

    def _disclosures(
        self, question: Question, answered: list[str]
    ) -> tuple[dict[str, Answer], dict[str, masking.Disclosure]]:
        """Have the sites that answered agree that they did, and disclose the keys of their own masks."""
        lost = {site: self.patients.get(site, 0) for site in self.roster if site not in answered}
        signed = self._part(question, Step.AGREE, answered, {"answered": answered, "lost": lost})
        signatures = {site: answer.texts["signature"] for site, answer in signed.items()}
        answers = self._part(question, Step.DISCLOSE, answered, {"signatures": signatures})
        return answers, {site: masking.Disclosure.from_texts(answer.texts) for site, answer in answers.items()}

    def _part(self, question: Question, part: Step, sites: list[str], texts: Mapping[str, object]) -> dict[str, Answer]:
        """Ask for a part of an exchange; whoever answered it is needed to the end."""
        name = dropout.part(question.step, part)
        asking = Question(self.study.digest, self.run, name, question.step, self.roster, texts)
        of_site, failed, _ = self._answers(asking, sites, may_lose=False)
        if failed:
            raise self._without(asking, failed)
        return of_site

    def _receipt(self, site: str, answer: Answer) -> dict[str, Any]:
        """Countersign how far a site's audit log has come.

        Raises
        ------
        MrfedError where the log has become shorter, or is another.
        """
        if answer.head is None or answer.head.site != site:
            raise MrfedError(
                Code.REFUSED, f"{answer.step}: site {site} keeps no audit log of its own; ask it why, then resume"
            )
        known = self.exchanges[-1].receipts.get(site) if self.exchanges else None
        before = Receipt.model_validate(known) if known else None
        return countersign(self._key, answer.head, before).model_dump()

    def _wrong(self, site: str, name: str, answer: Answer) -> MrfedError | None:
        """What is wrong with a site's answer to the step of this name; None where it holds."""
        if answer.step != name:
            return MrfedError(Code.REFUSED, f"{name}: site {site} answered {answer.step}; do not use its answers")
        try:
            self._check(site, exchange_of(Step.of(name)), answer)
            self._receipt(site, answer)
        except MrfedError as error:
            return error
        except Exception:  # whatever an answer holds is its site's failure and nobody else's
            log.exception("%s: site %s", name, site)
            words = f"{name}: site {site} sent an answer that cannot be read; compare its version with this one"
            return MrfedError(Code.NOT_IN_CONTRACT, words)
        return None

    def _check(self, site: str, declared: Asked, answer: Answer) -> None:
        """Hold a site's answer against the contract: a site may be wrong, or worse."""
        encodings = declared.encodings(self.facts)
        plain: dict[str, Array] = {}
        for name, value in answer.arrays.items():
            encoding = encodings.get(name)
            if encoding and (value.dtype != encoding.word or value.ndim == 0 or len(value) != encoding.limbs):
                raise MrfedError(
                    Code.NOT_IN_CONTRACT, f"{declared.step}: site {site} sent {name} in the clear; do not go on"
                )
            if not encoding and not np.isfinite(value).all():
                raise MrfedError(
                    Code.NOT_IN_CONTRACT, f"{declared.step}: site {site} sent {name} with values that are not finite"
                )
            plain[name] = value[0] if encoding else value
        try:
            declared.check(plain, answer.texts, self.facts, derivable=self.derivable)
        except MrfedError as error:
            raise MrfedError(error.code, f"site {site}: {error.text}; compare its version with this one") from error
        patients = int(answer.arrays["patients"]) if declared.step is Step.INVENTORY else self.patients.get(site)
        plausibility.require_answer(site, declared.step, answer.arrays, patients)
