"""Whether a site can take part in a run with the patients whom it has now."""

from client.approval import differencing, privacy_budget
from client.cohort import folds
from client.cohort.table import Table
from client.exchange.run import Run
from shared.errors import Code, MrfedError
from shared.privacy.disclosure_rules import broken_rules, of_strata


def require_rules_kept(run: Run, table: Table) -> None:
    """Hold the patients who are there now against the policy: they may not have been known when the study was approved.

    Parameters
    ----------
    run : the site's part in the run
    table : its patients, as far as they are known

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`; `BUDGET_SPENT` where it is only that) with what stands against taking part.
    """
    approval, patients = run.approved.approval, len(table.y)
    least = max(run.study.privacy.minimum_patients, approval.policy.minimum_patients)
    own = folds.cells(run.study, run.site, table)
    against = broken_rules(approval.policy, run.study, run.site.name, own, approval.accepted)
    against += of_strata(approval.policy, run.study, run.site.name, folds.strata(run.study, run.site, table))
    against += folds.lone_batches(run.study, run.site, table)
    before = differencing.differences(run.site.workspace, run.folder, run.people)
    against += differencing.broken_rules(before, approval.policy.minimum_patients, approval.accepted)
    training = folds.training(run.study, run.site, table)
    beyond = privacy_budget.over_budget(approval.policy, run.study, run.site.workspace, training, run.folder)
    if patients < least:
        against = (f"it has {patients} patients, and the minimum is {least}", *against)
    if against or beyond:
        raise MrfedError(
            Code.TOO_FEW_PATIENTS if against else Code.BUDGET_SPENT,
            f"site {run.site.name} takes no part in {run.study.name}: {'; '.join((*against, *beyond))}",
        )
