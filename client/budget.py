"""What all studies together have spent of this site's differential privacy, on the disk before noise leaves.

Every study counts as if each of the site's patients were in it: the account of all of them is the sum of what each
released, in Rényi divergence, and the epsilon of the sum is what one patient has lost at most.
"""

import json
from pathlib import Path

from client.policy import Policy
from shared import durable_file
from shared.accountant import Account
from shared.errors import Code, MrfedError
from shared.noisy_regression import RELEASES, Plan, plan
from shared.study import Study

FILE = "spent.json"


def planned(study: Study, sites: int) -> Plan:
    """How much noise a study with noise adds.

    Parameters
    ----------
    study : the study
    sites : that take part
    """
    assert study.privacy.noise is not None
    return plan(study.privacy.noise, sites, study.evaluation.folds, study.evaluation.score_bins)


def spent(workspace: Path, besides: Path | None = None) -> Account:
    """What all studies have spent.

    Parameters
    ----------
    workspace : the site's
    besides : folder of an approval that is left aside
    """
    account = Account()
    for path in sorted((workspace / "approvals").glob(f"*/*/{FILE}")):
        if path.parent != besides:
            one = json.loads(path.read_bytes())
            account = account.gaussian(one["multiplier"], one["releases"])
    return account


def objection(policy: Policy, study: Study, workspace: Path, folder: Path | None = None) -> tuple[str, ...]:
    """Whether a study would pass over the site's budget, in words.

    Parameters
    ----------
    policy : with or without a budget
    study : with or without noise
    workspace : the site's
    folder : of the study's own approval; None before there is one
    """
    if policy.epsilon is None or study.privacy.noise is None:
        return ()
    before = spent(workspace, folder)
    after = before.gaussian(planned(study, len(study.federation.sites)).multiplier, RELEASES)
    if after.epsilon(policy.delta) <= policy.epsilon:
        return ()
    return (
        f"with it all studies would have spent epsilon {after.epsilon(policy.delta):.2f} at delta {policy.delta:g}, "
        f"{before.epsilon(policy.delta):.2f} before; the budget here is {policy.epsilon:g}",
    )


def spend(policy: Policy, study: Study, workspace: Path, folder: Path, noise: Plan) -> None:
    """Book what a study releases, whole, before its first release; done once, however often it is asked.

    Raises
    ------
    MrfedError (`REFUSED`) where it would pass over the budget.
    """
    if said := objection(policy, study, workspace, folder):
        raise MrfedError(Code.REFUSED, f"{study.name}: {said[0]}")
    booked = json.dumps({"study": study.digest, "multiplier": noise.multiplier, "releases": RELEASES}).encode()
    if not (folder / FILE).exists():
        durable_file.write(folder / FILE, booked)
