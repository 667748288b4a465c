"""Where a question arrives: approval, ledger, computation, contract, masks, audit. Nothing else of a site speaks."""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from client.approval import approval
from client.approval.approval import Approved
from client.exchange import background, dropout
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.answers.registry import ANSWERS
from client.exchange.ledger import Asked, Ledger
from client.exchange.order import require_expected
from client.exchange.run import Run
from client.site import audit_log
from client.site.audit_log import Event
from client.site.keys import Trust
from client.site.site_file import Site
from harmonization.errors import HarmonizationError
from shared.arrays import Array
from shared.contract.registry import exchange_of
from shared.contract.schedule import schedule
from shared.errors import Code, MrfedError
from shared.federation.dropout import about, may_lose
from shared.federation.masking import Binding
from shared.federation.messages import Answer, Question
from shared.federation.receipt import Head, Receipt
from shared.sections.privacy import SiteSums
from shared.step import Step

log = logging.getLogger(__name__)

_RUNS: OrderedDict[Path, Run] = OrderedDict()
"""Runs that this process has open; any of them can be rebuilt from the disk."""

_OPEN_RUNS = 64


def answer(site: Site, question: Question) -> Answer:
    """Answer one question, or say in one word why not; the text of an error stays in the local log."""
    try:
        return _answer(site, question)
    except MrfedError as error:
        log.error("site %s: %s: %s", site.name, question.step, error.text)
        code = error.code
    except HarmonizationError as error:
        log.error("site %s: %s: %s", site.name, question.step, error)
        code = Code.DATA_INCONSISTENT
    except Exception:
        log.exception("site %s: %s: unexpected failure", site.name, question.step)
        code = Code.INTERNAL
    return Answer(question.step, code, head=_refused(site, question, code))


def _answer(site: Site, question: Question) -> Answer:
    trust = Trust(site)
    approved = approval.find(site.workspace, question.study, trust.public_key, datetime.now(tz=UTC))
    step = _checked(question, approved, site)
    _note_receipt(trust, approved, question)
    trust.log.append(Event.QUESTION, {**_name(question), "after": question.after, "roster": list(question.roster)})
    asked = Asked(question.run, question.step, question.digest, question.roster)
    ledger = Ledger(approved.folder / "ledger")

    def compute() -> bytes:
        answered = _of_this_run(question, ledger)
        run = _open(site, approved, question.run)
        if step in (Step.AGREE, Step.DISCLOSE):
            plaintext = dropout.answer(run, ledger, question)
            exchange_of(step).check(plaintext.arrays, plaintext.texts, run.facts, derivable=False)
            return Answer(question.step, texts=plaintext.texts).to_bytes()
        require_expected(question, approved.study, answered)
        return _compute(run, step, question)

    kept = Answer.from_bytes(content := ledger.answer(asked, compute))
    arrays = {name: {"shape": list(value.shape), "bytes": value.nbytes} for name, value in kept.arrays.items()}
    leaving = {"arrays": arrays, "texts": sorted(kept.texts), "sha256": hashlib.sha256(content).hexdigest()}
    if step in (Step.AGREE, Step.DISCLOSE):
        leaving["answered"] = list(_open(site, approved, question.run).answered(about(question.step)[0]))
    head = trust.log.append(Event.ANSWER, {**_name(question), **leaving})
    return Answer(kept.step, kept.code, kept.texts, kept.arrays, head)


def _name(question: Question) -> dict[str, object]:
    return {"study": question.study, "run": question.run, "step": question.step, "question": question.digest}


def _refused(site: Site, question: Question, code: Code) -> Head | None:
    """Write a refusal down; a site whose log cannot be written refuses all the same."""
    try:
        return Trust(site).log.refuse({**_name(question), "code": code})
    except (MrfedError, OSError) as error:
        log.error("site %s: the audit log cannot be written: %s", site.name, error)
        return None


def _checked(question: Question, approved: Approved, site: Site) -> Step:
    """Hold a question against what was approved.

    Raises
    ------
    MrfedError (`REFUSED`) with what is wrong.
    """
    exchange, part = about(question.step)
    step = part or schedule(approved.study).step(exchange)
    if not question.run.isalnum():
        raise MrfedError(Code.REFUSED, f"{question.step}: a run's name has letters and digits only")
    if step is Step.ENROLL:
        return step
    places = [approved.roster.place(name) for name in question.roster]
    if site.name not in question.roster or places != sorted(set(places)):
        raise MrfedError(Code.REFUSED, f"{question.step}: its roster is not the approved one, or does not name us")
    if len(places) < approved.study.federation.quorum:
        raise MrfedError(Code.REFUSED, f"{question.step}: {len(places)} sites are fewer than the study's quorum")
    return step


def _of_this_run(question: Question, ledger: Ledger) -> list[str]:
    """Names of the exchanges that were answered, all of them in the run that asks.

    Raises
    ------
    MrfedError (`REFUSED`) where it was another run.
    """
    answered = ledger.answered()
    if other_runs := {entry.run for entry in answered} - {question.run}:
        raise MrfedError(
            Code.REFUSED,
            f"{question.step}: run {min(other_runs)} has begun; resume that run, or approve the study anew",
        )
    return [entry.step for entry in answered if about(entry.step)[1] is None]


def _note_receipt(trust: Trust, approved: Approved, question: Question) -> None:
    """Keep the coordinator's countersignature of our log's last head, which the log has to reach."""
    receipts = question.texts.get("receipts", {})
    if isinstance(receipts, Mapping) and trust.site.name in receipts:
        receipt = Receipt.model_validate(receipts[trust.site.name])
        receipt.check([approved.roster.coordinator])
        audit_log.require_reaches(trust.site.audit_log, receipt.head)
        trust.log.append(Event.RECEIPT, receipt.model_dump())


def _compute(run: Run, step: Step, question: Question) -> bytes:
    run.absorb(question)
    if step is not Step.ENROLL and question.roster != run.present(question.after):
        raise MrfedError(Code.REFUSED, f"{question.step}: its roster is not the one on which the sites have agreed")
    background.require_prepared(run, step)
    plaintext = ANSWERS[step](run, question)
    derivable = run.study.privacy.site_sums is SiteSums.DERIVABLE
    exchange_of(step).check(plaintext.arrays, plaintext.texts, run.facts, derivable=derivable)
    return Answer(question.step, texts=plaintext.texts, arrays=_masked(run, step, plaintext, question)).to_bytes()


def _open(site: Site, approved: Approved, name: str) -> Run:
    if approved.folder not in _RUNS or _RUNS[approved.folder].name != name:
        _RUNS[approved.folder] = Run(site, approved, name)
        if len(_RUNS) > _OPEN_RUNS:
            _RUNS.popitem(last=False)
    return _RUNS[approved.folder]


def _masked(run: Run, step: Step, plaintext: PlaintextAnswer, question: Question) -> dict[str, Array]:
    """The arrays of an answer as they leave: those that the contract masks, under masks."""
    names = sorted(quantity.name for quantity in exchange_of(step).summed)
    leaving = {name: value for name, value in plaintext.arrays.items() if name not in names}
    if not names:
        return leaving
    encoding = exchange_of(step).encodings(run.facts)
    values = {name: plaintext.arrays[name] for name in names}
    if not run.study.privacy.masked:
        parties = len(question.roster)
        plain = {name: encoding[name].encode(value, parties) for name, value in values.items()}
        return leaving | plain
    binding = Binding(question.study, question.run, question.step, question.digest)
    own_mask = may_lose(run.study, question.step)
    return leaving | dropout.masker(run, question.roster).mask(values, encoding, binding, own_mask=own_mask)
