"""Products: Hessian and gradient at zero over the patients of each fold, with this site's share of the noise."""

from client.approval import privacy_budget
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.readiness import require_no_objection
from client.exchange.run import Run
from client.exchange.state.bounded import Bounded
from shared.federation.messages import Question
from shared.privacy.accountant import Release
from shared.privacy.noise import noisy
from shared.privacy.regression import RELEASES, products


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """All that the models are made of. What it costs is booked before the noise is drawn."""
    require_no_objection(run, run.people)
    noise = privacy_budget.noise_of(run.study, len(question.roster))
    privacy_budget.spend(run.site, run.approved, (Release(multiplier=noise.multiplier, times=RELEASES),))
    parts = run.study.evaluation.folds
    bounded = run.part(Bounded)
    sums = products(bounded.rows, run.table.y == 1, bounded.part, parts)
    width = sums["slope"].shape[1]
    return PlaintextAnswer(
        {name: noisy(value, noise.products, noise.honest) for name, value in sums.items()},
        sizes={"parts": parts, "ranged": width, "packed": width * (width + 1) // 2},
    )
