"""The end of a run: the result comes back to the site, and the key of its masks is destroyed."""

from pydantic import ValidationError

from client.exchange import masking_key
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.prediction import kept_effects
from client.site.keys import Trust
from shared.contract.schedule import schedule
from shared.errors import Code, MrfedError
from shared.federation import signed_result
from shared.federation.messages import Question
from shared.federation.signed_result import Signature
from shared.step import Step


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Keep the signed result and the effects of our own scanners, and forget the masking key.

    Parameters
    ----------
    run : this site's part in the run
    question : brings `result.json` of the coordinator, and its signature under exactly these bytes

    Raises
    ------
    MrfedError (`REFUSED`) where the coordinator of the approved roster has not signed the result.
    """
    result = str(question.texts["result"])
    try:
        signed = Signature.model_validate(question.texts["signature"])
    except ValidationError as error:
        raise MrfedError(Code.REFUSED, f"site {run.site.name}: the result of {run.study.name} is not signed") from error
    signed_result.check(result.encode(), signed, [run.approved.roster.coordinator])
    signed_result.save(run.folder, result.encode(), signed)
    if run.study.network is not None:
        from client.exchange.state.network import NetworkTraining  # torch and MONAI, where they are needed

        run.part(NetworkTraining).keep_final(result)
    elif Step.HARMONIZE in schedule(run.study).steps:
        harmonized, final = run.part(Harmonized), 0  # the fit of all patients comes first
        kept_effects.keep(run.folder, harmonized.effects(final, harmonized.fitted(final)), run.batch, run.table.machine)
    masking_key.delete(run.folder, run.study.digest, Trust(run.site).log)
    return PlaintextAnswer()
