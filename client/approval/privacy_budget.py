"""What all studies together have spent of this site's differential privacy, on the disk before noise leaves.

Every study counts as if each of the site's patients were in it: the account of all of them is the sum of what each
released, in Rényi divergence, and the epsilon of the sum is what one patient has lost at most. Sums with noise are
booked whole before their first release, the rounds of a network one by one (`client.networks.accounting`).
"""

import fcntl
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

from pydantic import ValidationError

from client.approval.approval import Approved
from client.networks import accounting
from client.site.audit_log import Event
from client.site.keys import Trust
from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.files import durable_file
from shared.privacy.accountant import Account, Release
from shared.privacy.policy import Policy
from shared.privacy.regression import RELEASES, Plan, plan
from shared.study.study import Study

FILE = "spent.json"


def noise_of(study: Study, sites: int) -> Plan:
    """How much noise a study with noise adds.

    Parameters
    ----------
    study : the study
    sites : that take part
    """
    assert study.privacy.noise is not None
    return plan(study.privacy.noise, sites, study.evaluation.folds, study.evaluation.score_bins)


def planned(study: Study, training: Sequence[int]) -> tuple[Release, ...]:
    """All that a study may release with noise, with as many sites and rounds as it has; empty where it adds none.

    Parameters
    ----------
    study : the study
    training : of this site's patients, how many train each fit of a network; empty where not yet known
    """
    if study.privacy.noise is not None:
        return (Release(multiplier=noise_of(study, len(study.federation.sites)).multiplier, times=RELEASES),)
    if study.network is None or (privacy := study.network.differential_privacy) is None:
        return ()
    return accounting.releases(training, study.network.training.rounds, study.network.training, privacy)


def spent(workspace: Path, besides: Path | None = None) -> Account:
    """What all studies have spent.

    Parameters
    ----------
    workspace : the site's
    besides : folder of an approval that is left aside
    """
    folders = sorted(path.parent for path in (workspace / "approvals").glob(f"*/*/{FILE}"))
    return _account(release for folder in folders if folder != besides for release in booked(folder))


def booked(folder: Path) -> tuple[Release, ...]:
    """What was booked under one approval.

    Raises
    ------
    MrfedError (`DATA_UNREADABLE`) where the file is damaged: what is not known counts for too little.
    """
    path = folder / FILE
    try:
        return (
            tuple(Release.model_validate(release) for release in json.loads(path.read_bytes())) if path.exists() else ()
        )
    except (ValueError, TypeError, ValidationError) as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"{path}: what a study spent cannot be read; restore the workspace from a copy"
        ) from error


def over_budget(
    policy: Policy, study: Study, workspace: Path, training: Sequence[int], folder: Path | None = None
) -> tuple[str, ...]:
    """Whether a study would pass over the site's budget, in words.

    Parameters
    ----------
    policy : with or without a budget
    study, training : as for `planned`
    workspace : the site's
    folder : of the study's own approval; None before there is one
    """
    return _beyond(policy, planned(study, training), workspace, folder)


def words(policy: Policy, study: Study, workspace: Path, training: Sequence[int]) -> list[str]:
    """What a study costs of differential privacy, and what is left, for the person who approves it.

    Parameters
    ----------
    policy, study, workspace, training : as for `over_budget`
    """
    releases, before = planned(study, training), spent(workspace)
    sentences = [so_far(policy, workspace)]
    if releases:
        own, together = (_account(releases, account).epsilon(policy.delta) for account in (Account(), before))
        sentences.append(
            f"This study may spend epsilon {own:.2f} at delta {policy.delta:g}; all studies together would then have "
            f"spent {together:.2f}."
        )
    elif study.network is not None and study.network.differential_privacy is not None:
        sentences.append("What this study may spend is known once the patients who train its network are prepared.")
    else:
        sentences.append("This study adds no noise: what its totals say about one patient more or less is not bounded.")
    return sentences


def so_far(policy: Policy, workspace: Path) -> str:
    """What all studies have spent of the site's budget, in words."""
    limit = "no budget is set (policy.epsilon)" if policy.epsilon is None else f"the budget is {policy.epsilon:g}"
    epsilon = spent(workspace).epsilon(policy.delta)
    return f"All studies so far have spent epsilon {epsilon:.2f} at delta {policy.delta:g}; {limit}."


def spend(site: Site, approved: Approved, releases: tuple[Release, ...]) -> None:
    """Book what a study has released with what it is about to release; nothing where that is booked already.

    Parameters
    ----------
    site : the site
    approved : the approval under which noise leaves
    releases : all of this study, the next ones among them

    Raises
    ------
    MrfedError (`BUDGET_SPENT`) where it would pass over the budget.
    """
    study, policy, folder = approved.study, approved.approval.policy, approved.folder
    with _locked(site.workspace):
        account = _account(releases)
        if (_account(booked(folder)).spent >= account.spent).all():
            return
        if overrun := _beyond(policy, releases, site.workspace, folder):
            raise MrfedError(Code.BUDGET_SPENT, f"{study.name}: {overrun[0]}")
        content = {
            "study": study.digest,
            "epsilon": account.epsilon(policy.delta),
            "all_studies": _account(releases, spent(site.workspace, folder)).epsilon(policy.delta),
            "delta": policy.delta,
            "budget": policy.epsilon,
        }
        # First the log: what stands there twice after a fall can be told, what is missing cannot.
        Trust(site).log.append(Event.PRIVACY_SPENT, content)
        durable_file.write(folder / FILE, json.dumps([release.model_dump() for release in releases]).encode())


def _beyond(policy: Policy, releases: Iterable[Release], workspace: Path, folder: Path | None) -> tuple[str, ...]:
    if policy.epsilon is None:
        return ()
    before = spent(workspace, folder)
    after = _account(releases, before)
    if after.epsilon(policy.delta) <= policy.epsilon:
        return ()
    return (
        f"with it all studies would have spent epsilon {after.epsilon(policy.delta):.2f} at delta {policy.delta:g}, "
        f"{before.epsilon(policy.delta):.2f} before; the budget here is {policy.epsilon:g}",
    )


def _account(releases: Iterable[Release], before: Account | None = None) -> Account:
    return reduce(Account.book, releases, before or Account())


@contextmanager
def _locked(workspace: Path) -> Iterator[None]:
    """Keep other studies of this site out: two that look at the same time would both find the budget unspent."""
    workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (workspace / "budget.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
