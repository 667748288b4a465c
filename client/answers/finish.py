"""The end of a run: the result comes back to the site, and the key of its masks is destroyed."""

from client import study_key
from client.answers.draft import Draft
from client.run import Run
from client.trust import Trust
from shared import durable_file


def answer(run: Run, result: str) -> Draft:
    """Keep the result where `mrfed-site status` shows it, and forget the masking key.

    Parameters
    ----------
    run : this site's part in the run
    result : `result.json` of the coordinator
    """
    durable_file.write(run.folder / "result.json", result.encode())
    study_key.delete(run.folder, run.study.digest, Trust(run.site).log)
    return Draft()
