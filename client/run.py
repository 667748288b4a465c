"""One site's part in one run of a study: what it was told so far, and what follows from that.

Everything here is rebuilt from the disk at any time: the approved study, the site's own table, and the totals
of the exchanges before, as the coordinator broadcast them. The site computes every iterate itself from those
totals, which never change once told; so whatever is derived from them is computed once.
"""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from client import split, study_key, table
from client.approval import Approved
from client.harmonise import Cohort, Harmonised, harmonise, learners
from client.prepared import feature_table
from client.site import Site
from client.table import Table
from harmonization.design import columns, design, encodings
from harmonization.federated import Consensus
from harmonization.reference import solve_all
from shared import arrays as files
from shared import document, durable_file
from shared.arrays import Array
from shared.contract import Step
from shared.errors import Code, MrfedError
from shared.messages import Question
from shared.models.newton import Newton, advance
from shared.plan import Fit, fits, views
from shared.scales import Scales
from shared.select import choose
from shared.standardise import Standard, standard


class Run:
    """A site in a run.

    Parameters
    ----------
    site : the site file
    approved : the approval under which it takes part; all that is kept of the run lies in its folder
    name : name of the run
    """

    def __init__(self, site: Site, approved: Approved, name: str) -> None:
        self.site = site
        self.approved = approved
        self.study = approved.study
        self.name = name
        self.folder = approved.folder

    def absorb(self, question: Question) -> None:
        """Keep what a question tells: the totals of the exchange before, and words on which all agree.

        Raises
        ------
        MrfedError (`REFUSED`) where this site was told otherwise before.
        """
        if question.after:
            self._keep(self.folder / "told" / f"{question.after}.npz", files.to_bytes(question.arrays))
        if question.step == Step.DESCRIBE:
            words = {name: question.texts[name] for name in ("categories", "masking_keys")}
            agreed = {"roster": list(question.roster), **words}
            self._keep(self.folder / "agreed.json", document.canonical(agreed))

    def _keep(self, path: Path, content: bytes) -> None:
        if not path.exists():
            durable_file.write(path, content)
        elif path.read_bytes() != content:
            raise MrfedError(
                Code.REFUSED,
                f"site {self.site.name}: run {self.name} now tells other totals in {path.name} than before; resume "
                "it from the coordinator's journal",
            )

    def told(self, step: str) -> dict[str, Array]:
        """Totals of an earlier exchange.

        Raises
        ------
        MrfedError (`REFUSED`) where this site was never told.
        """
        try:
            return files.load(self.folder / "told" / f"{step}.npz")
        except FileNotFoundError as error:
            raise self._lost(step) from error

    def _lost(self, what: str) -> MrfedError:
        return MrfedError(
            Code.REFUSED,
            f"site {self.site.name}: run {self.name} refers to {what}, which this site never saw; "
            "start the run anew, or restore the site's workspace",
        )

    @property
    def masking_key(self) -> X25519PrivateKey:
        """The site's private key for the masks."""
        return study_key.masking_key(self.folder)

    @cached_property
    def agreed(self) -> dict[str, Any]:
        """Words on which all sites agree since enrolment: roster, categories, masking keys."""
        try:
            content: dict[str, Any] = json.loads((self.folder / "agreed.json").read_text())
        except FileNotFoundError as error:
            raise self._lost("the roster") from error
        return content

    @cached_property
    def scales(self) -> Scales:
        """Powers of two on which everything is summed."""
        return Scales.from_arrays(self.told(Step.ENROLL))

    @cached_property
    def fits(self) -> tuple[Fit, ...]:
        """The fits of the study, in the order of the leading axis."""
        return fits(self.study, tuple(self.agreed["roster"]))

    @cached_property
    def table(self) -> Table:
        """The site's patients."""
        return table.load(self.site, self.study, feature_table(self.site, self.study), self.approved.withdrawn)

    @cached_property
    def batch(self) -> Array:
        """(n,) batch of each patient."""
        return self.table.batch

    def design(self, categories: dict[str, list[str]]) -> tuple[Array, tuple[str, ...]]:
        """Covariates as columns of numbers.

        Parameters
        ----------
        categories : levels of every categorical covariate: the site's own at enrolment, the agreed ones after

        Returns
        -------
        (n, columns), and the columns' names
        """
        covariates = encodings(self.study.harmonization.covariates, categories)
        return design(self.table.covariates, covariates, len(self.table.y)), columns(covariates)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns whose effects harmonisation keeps."""
        return self.design(self.agreed["categories"])[1] + self.study.endpoint_columns

    @cached_property
    def cohort(self) -> Cohort:
        """What harmonisation needs to know of this site's patients."""
        z = self.design(self.agreed["categories"])[0]
        classes = np.arange(1, 1 + len(self.study.endpoint_columns))
        return Cohort(self.table.x, np.hstack([z, self.table.y[:, None] == classes]), self.batch)

    def cohort_in(self, index: int) -> Cohort:
        """The same in one fit, which does not know the class of patients who do not train it: all have the mean."""
        first = len(self.columns) - len(self.study.endpoint_columns)
        told = self.told(Step.HARMONIZE)
        z, others = self.cohort.z.copy(), ~self.trains(self.fits[index])
        z[others, first:] = told["sum_z"][index, first:] / told["count"][index]
        return Cohort(self.cohort.x, z, self.batch)

    @cached_property
    def fold(self) -> Array:
        """(n,) fold that leaves each patient out; -1 without folds."""
        return split.fold_of(self.study, self.site, self.table)

    def trains(self, fit: Fit) -> Array:
        """(n,) whether each patient trains a fit."""
        if fit.site == self.site.name:
            return np.zeros(len(self.table.y), dtype=bool)
        return self.fold != fit.fold if fit.fold is not None else np.ones(len(self.table.y), dtype=bool)

    @cached_property
    def consensus(self) -> Consensus:
        """What all sites agree on for harmonisation, for all fits."""
        return solve_all(self.told(Step.HARMONIZE), self.columns)

    @cached_property
    def harmonised(self) -> Harmonised:
        """The site's features on the common scale, in every fit."""
        section = self.study.harmonization
        borrowed = split.lent(self.study, self.site, self.table)
        return Harmonised(
            u=np.stack(
                [
                    harmonise(
                        self.cohort_in(index),
                        self.consensus.fit(index),
                        section,
                        learners(section, self.trains(fit), borrowed, fit.site == self.site.name),
                        reference=section.reference_site == self.site.name != fit.site,
                    )
                    for index, fit in enumerate(self.fits)
                ]
            ),
            borrowed=borrowed,
        )

    @cached_property
    def standard(self) -> Standard:
        """Mean and standard deviation of every harmonised feature in every fit."""
        told = self.told(Step.MOMENTS)
        return standard(told["class_totals"].sum(axis=1), told["class_sums"].sum(axis=1), told["sum_uu"])

    @cached_property
    def selected(self) -> Array:
        """(fits, selected) features of every fit, -1 where there are fewer."""
        told = self.told(Step.MOMENTS)
        usable = ~self.standard.constant
        return choose(self.study.selection, usable, told["class_totals"], told["class_sums"], told["sum_uu"])

    def designs(self, index: int) -> Array:
        """(n, 1 + selected) ones, then standardised features of one fit; 0 where there are fewer."""
        chosen = self.selected[index]
        z = (self.harmonised.u[index] - self.standard.mean[index]) / self.standard.sd[index]
        picked = np.where(chosen >= 0, z[:, chosen], 0.0)
        return np.concatenate([np.ones((len(picked), 1)), picked], axis=1)

    @cached_property
    def _searches(self) -> list[Newton]:
        usable = np.asarray((self.told(Step.MOMENTS)["class_totals"] > 0).all(axis=1))
        return [Newton.start(usable, 1 + self.selected.shape[1])]

    def newton(self, iteration: int) -> Newton:
        """Where the search stands after so many exchanges of training."""
        while len(self._searches) <= iteration:
            told = self.told(f"{Step.TRAIN}-{len(self._searches) - 1}")
            self._searches.append(advance(self._searches[-1], told, self.study.model.c))
        return self._searches[iteration]

    def sizes(self) -> dict[str, int]:
        """Length of every axis symbol of the contract that the study, the roster and the table settle."""
        return {
            "fits": len(self.fits),
            "features": len(self.table.features),
            "covariates": len(self.columns),
            "referenced": int(self.study.harmonization.reference_site is not None),
            "classes": len(self.study.question.endpoint.classes),
            "views": len(views(self.study)),
        }
