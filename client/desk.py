"""Where a question arrives: approval, computation, contract, masks, answer. Nothing else of a site speaks."""

import logging
from collections import OrderedDict
from pathlib import Path

from client import approved
from client.answers import describe, enroll, evaluate, finish, harmonize, moments, train
from client.answers.draft import Draft
from client.run import Run
from client.site import Site
from harmonization.errors import HarmonizationError
from shared import contract
from shared.arrays import Array
from shared.contract import Step, Way
from shared.errors import Code, MrfedError
from shared.fixed_point import FixedPoint
from shared.masking import Binding, Masker
from shared.messages import Answer, Question
from shared.scales import encodings
from shared.sections.privacy import SiteSums

log = logging.getLogger(__name__)

_RUNS: OrderedDict[tuple[Path, str, str], Run] = OrderedDict()
"""Runs that this process has open; any of them can be rebuilt from the disk."""

_OPEN_RUNS = 64


def answer(site: Site, question: Question) -> Answer:
    """Answer one question, or say in one word why not; the text of an error stays in the local log."""
    try:
        return _answer(site, question)
    except MrfedError as error:
        log.error("site %s: %s: %s", site.name, question.step, error.text)
        return Answer(question.step, error.code)
    except HarmonizationError as error:
        log.error("site %s: %s: %s", site.name, question.step, error)
        return Answer(question.step, Code.DATA_INCONSISTENT)
    except Exception:
        log.exception("site %s: %s: unexpected failure", site.name, question.step)
        return Answer(question.step, Code.INTERNAL)


def _answer(site: Site, question: Question) -> Answer:
    run = _open(site, question)
    step = _step(question)
    if step is not Step.ENROLL and site.name not in question.roster:
        raise MrfedError(Code.REFUSED, f"{question.step}: the roster does not name this site")
    run.absorb(question)
    draft = _draft(run, step, question)
    sizes = {**({} if step is Step.ENROLL else run.sizes()), **draft.sizes}
    derivable = run.study.privacy.site_sums is SiteSums.DERIVABLE
    contract.check(step, draft.arrays, draft.texts, sizes, derivable=derivable)
    return Answer(question.step, texts=draft.texts, arrays=_masked(run, step, draft, question))


def _open(site: Site, question: Question) -> Run:
    study = approved.find(site.workspace, question.study)
    key = (site.workspace, question.study, question.run)
    if not question.run.isalnum():
        raise MrfedError(Code.REFUSED, "a run's name has letters and digits only")
    if key not in _RUNS:
        _RUNS[key] = Run(site, study, question.run)
        if len(_RUNS) > _OPEN_RUNS:
            _RUNS.popitem(last=False)
    return _RUNS[key]


def _step(question: Question) -> Step:
    try:
        return Step.of(question.step)
    except (ValueError, IndexError) as error:
        raise MrfedError(Code.REFUSED, f"{question.step[:40]!r} is no step of a study") from error


def _draft(run: Run, step: Step, question: Question) -> Draft:
    if step is Step.TRAIN:
        return train.answer(run, int(question.step.rsplit("-", 1)[1]))
    if step is Step.EVALUATE:
        return evaluate.answer(run, 1 + int(question.after.rsplit("-", 1)[1]))
    if step is Step.FINISH:
        return finish.answer(run, str(question.texts["result"]))
    simple = {
        Step.ENROLL: enroll.answer,
        Step.DESCRIBE: describe.answer,
        Step.HARMONIZE: harmonize.answer,
        Step.MOMENTS: moments.answer,
    }
    return simple[step](run)


def _masked(run: Run, step: Step, draft: Draft, question: Question) -> dict[str, Array]:
    """The arrays of an answer as they leave: those that the contract masks, under masks."""
    names = {one.name for one in contract.QUANTITIES[step] if one.way is Way.MASKED}
    leaving = {name: value for name, value in draft.arrays.items() if name not in names}
    if names:
        encoding = encodings(step, run.scales)
        values = {name: draft.arrays[name] for name in sorted(names)}
        if run.study.privacy.masked:
            keys = {site: bytes.fromhex(key) for site, key in run.agreed["public_keys"].items()}
            binding = Binding(question.study, question.run, question.step, question.digest)
            masker = Masker(run.site.name, run.masking_key, keys)
            leaving |= masker.mask(values, encoding, binding)
        else:
            sites = len(run.agreed["roster"])
            leaving |= {name: encoding.get(name, FixedPoint()).encode(one, sites) for name, one in values.items()}
    return leaving
