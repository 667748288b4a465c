"""A site's part in going on without lost sites: one set that it signs for a step, and keys that it discloses once.

Everything is on the disk before it leaves: the set in the folder of the run, signature and keys in the ledger. A
coordinator that tells two stories about who was lost gets one signature, and no keys.
"""

from collections.abc import Mapping

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.ledger import Asked, Ledger
from client.exchange.run import Run
from client.site.keys import Trust
from shared.contract.registry import exchange_of
from shared.contract.schedule import schedule
from shared.errors import Code, MrfedError
from shared.federation import dropout, masking_keys
from shared.federation.agreement import agree, require_agreement
from shared.federation.masking import Binding, Masker
from shared.federation.masking_keys import MaskingKey
from shared.federation.messages import Answer, Question
from shared.step import Step


def answer(run: Run, ledger: Ledger, question: Question) -> PlaintextAnswer:
    """Sign the set of sites that answered, or disclose keys for it.

    Parameters
    ----------
    run : this site's part in the run
    ledger : of its answers
    question : `STEP.agree` with the set, or `STEP.disclose` with all signatures under it

    Raises
    ------
    MrfedError (`REFUSED`) where the step was not the last that this site answered, the set is not one that may be
    decoded, or a member has not signed it.
    """
    step, part = dropout.about(question.step)
    asked, given = _answered(run, ledger, step, question)
    if part is Step.AGREE:
        _require_words(question, {"answered", "lost"})
        run.keep_answered(step, *_set_of(run, asked, question))
        return PlaintextAnswer(
            texts={"signature": agree(Trust(run.site).key, _binding(asked, run), run.answered(step))}
        )
    _require_words(question, {"signatures"})
    signatures = question.texts["signatures"]
    if ledger.find(dropout.part(step, Step.AGREE)) is None or not isinstance(signatures, Mapping):
        raise _refused(question, "this site has not signed who answered")
    answered, binding = run.answered(step), _binding(asked, run)
    minimum = run.approved.approval.policy.minimum_sites
    require_agreement(signatures, binding, answered, asked.roster, run.approved.roster, minimum)
    exchange = exchange_of(Step.of(step))
    names = {quantity.name for quantity in exchange.summed}
    masked = {name: value for name, value in Answer.from_bytes(given).arrays.items() if name in names}
    disclosed = masker(run, asked.roster).disclose(masked, exchange.encodings(run.facts), binding, answered)
    return PlaintextAnswer(texts=disclosed.texts())


def masker(run: Run, roster: tuple[str, ...]) -> Masker:
    """What masks this site's answers among these sites."""
    announced = {site: MaskingKey.model_validate(key) for site, key in run.masking_keys.items()}
    keys = masking_keys.verified(announced, roster, run.approved.roster, run=run.name)
    return Masker(run.site.name, run.masking_key, keys)


def _answered(run: Run, ledger: Ledger, step: str, question: Question) -> tuple[Asked, bytes]:
    """The answer that a question is about: this site's last one, in an exchange in which sites may be lost."""
    last = ledger.find(step)
    names = [entry.step for entry in ledger.answered() if dropout.about(entry.step)[1] is None]
    if last is None or schedule(run.study).last(names) != step or not dropout.may_lose(run.study, step):
        raise _refused(question, "sites cannot be lost in that exchange, or it was not the last one here")
    if (last[0].run, last[0].roster) != (question.run, question.roster) or question.arrays:
        raise _refused(question, "it is of another run, or of other sites")
    return last


def _set_of(run: Run, asked: Asked, question: Question) -> tuple[list[str], dict[str, int]]:
    """Who answered, and the patients of those who did not; refused where nothing may be decoded over that set."""
    answered, lost = question.texts["answered"], question.texts["lost"]
    if not isinstance(answered, list) or answered != [site for site in asked.roster if site in answered]:
        raise _refused(question, "the set of sites that answered is not one of the sites that were asked")
    if not isinstance(lost, dict) or set(lost) != set(asked.roster) - set(answered):
        raise _refused(question, "those that were lost are not the others")
    if not all(isinstance(patients, int) and patients >= 0 for patients in lost.values()):
        raise _refused(question, "numbers of patients are whole")
    minimum = max(run.approved.approval.policy.minimum_sites, run.study.federation.quorum)
    least = dropout.least(len(asked.roster), minimum)
    if run.site.name not in answered or len(answered) < least:
        raise _refused(question, f"{len(answered)} of {len(asked.roster)} sites answered; it takes {least}, and us")
    return answered, lost


def _require_words(question: Question, words: set[str]) -> None:
    if set(question.texts) != words:
        raise _refused(question, f"it brings the words {', '.join(sorted(question.texts)) or 'none'}")


def _binding(asked: Asked, run: Run) -> Binding:
    return Binding(run.study.digest, asked.run, asked.step, asked.question)


def _refused(question: Question, what: str) -> MrfedError:
    return MrfedError(Code.REFUSED, f"{question.step}: {what}; resume the run where it was")
