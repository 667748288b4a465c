"""The site probes at a site: its patients as the probes see them, and the classifiers as the totals lead them."""

from functools import cached_property

import numpy as np

from client.cohort.harmonize import common_scale, settings
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from harmonization import permutation, trials
from harmonization.federated import Totals
from harmonization.probe_forest import Size
from harmonization.trials import Grown, Patients, PermutedComBat, Plan
from shared.arrays import Array
from shared.step import Step
from shared.study.plan import deal_seeds, training_sites


class Probing:
    """All trials of a run.

    Parameters
    ----------
    run : the site's part in the run of a study that probes
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._harmonized = run.part(Harmonized)

    @cached_property
    def plan(self) -> Plan:
        """What is tried."""
        probe = self._run.study.harmonization.probe
        assert probe is not None
        return Plan(
            classes=len(training_sites(self._run.study, self._run.roster)),
            folds=self._run.study.evaluation.folds,
            permutations=probe.deals,
            size=Size(probe.trees, probe.depth, probe.rules),
            seed=self._run.study.evaluation.seed,
            smallest=self._run.study.privacy.minimum_patients,
        )

    @cached_property
    def patients(self) -> Patients:
        """The patients of this site, in the fit of all; nobody of a site that trains nothing, which is not guessed."""
        run, final, training = self._run, 0, training_sites(self._run.study, self._run.roster)
        own = run.trains(run.fits[final])
        cohort = self._harmonized.cohort_in(final)[own]
        patients: dict[str, int] = run.agreed(Step.INVENTORY)["patients"]
        sizes, seeds = {site: patients[site] for site in training}, deal_seeds(run.study)
        number = {site: place for place, site in enumerate(training)}
        labels_of_all = (
            permutation.permuted_labels(sizes, sizes, run.site.name, seeds) if own.any() else np.empty((len(seeds), 0))
        )
        return Patients(
            before=common_scale(cohort.x, self._harmonized.consensus.fit(final)),
            after=self._harmonized.u[final][own],
            z=np.ldexp(cohort.z, -run.scales.covariate_spread),
            site=number.get(run.site.name, -1),
            permuted=np.array([[number[str(label)] for label in labels] for labels in labels_of_all], dtype=np.intp),
            fold=run.folds[0][own],
        )

    @cached_property
    def centre_z(self) -> Array:
        """(q,) mean of the covariates over all patients: about it the permuted batches' products are taken."""
        totals, final = self._harmonized.agreed.totals, 0
        mean: Array = totals.sum_z[final] / totals.count[final]
        return np.asarray(np.ldexp(mean, -self._run.scales.covariate_spread))

    @cached_property
    def permuted(self) -> tuple[PermutedComBat, ...]:
        """ComBat on every permutation of labels."""
        summed = Totals.from_arrays(self._run.told(Step.PROBE_LABELS), self._harmonized.incomplete)
        return trials.solve_permuted(summed, self.centre_z, settings(self._run.study.harmonization))

    def grown(self, levels: int) -> Grown:
        """The classifiers after so many exchanges of division."""
        while len(self._levels) <= levels:
            totals = self._run.told(f"{Step.PROBE_GROW}-{len(self._levels) - 1}")
            means = totals["means"][0] if len(totals["means"]) else None
            self._levels.append(trials.grow(self._levels[-1], totals["sides"], means, self._metric))
        return self._levels[levels]

    @cached_property
    def _levels(self) -> list[Grown]:
        return [trials.start(self.plan, self._run.told(Step.PROBE_LABELS)["in_range"])]

    @cached_property
    def _metric(self) -> Array:
        return trials.metric(self._run.told(Step.PROBE_LABELS))
