"""One site's part in one run of a study: what it was told so far, and what follows from that.

Everything here is rebuilt from the disk at any time: the approved study, the site's own table, and the totals
of the exchanges before, as the coordinator broadcast them. The site computes every iterate itself from those
totals, which never change once told; so whatever is derived from them is computed once.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from client.approval import differencing
from client.approval.approval import Approved
from client.cohort import folds as split
from client.cohort import table
from client.cohort.table import Table
from client.cohort.table_variants import joined
from client.exchange import masking_key as study_key
from client.preparation import second_pass
from client.preparation.paths import LANDMARK_PREFIX, feature_table
from client.site.site_file import Site
from harmonization.design import columns, design, encodings
from shared import arrays as files
from shared.arrays import Array
from shared.clustering import clusterings, standard_histogram
from shared.clustering.clusters import Clusters
from shared.clustering.standard_histogram import Standards
from shared.contract.facts import AgreedFacts
from shared.contract.registry import exchange_of
from shared.contract.scales import Scales
from shared.contract.schedule import schedule
from shared.errors import Code, MrfedError
from shared.federation import dropout
from shared.federation.messages import Question
from shared.files import document, durable_file
from shared.step import Step
from shared.study.omissions import Omission, included
from shared.study.plan import Fit
from shared.study.study_sections import SiteFeatures

Part = TypeVar("Part")


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
        self._parts: dict[Callable[[Run], Any], Any] = {}

    def part(self, kind: Callable[["Run"], Part]) -> Part:
        """What follows for one concern (`client.exchange.state`), made when it is first asked for.

        Parameters
        ----------
        kind : a class that is made from a run
        """
        if kind not in self._parts:
            self._parts[kind] = kind(self)
        made: Part = self._parts[kind]
        return made

    def absorb(self, question: Question) -> None:
        """Keep what a question tells: the totals of the exchange before, and words on which all agree.

        Raises
        ------
        MrfedError (`REFUSED`) where this site was told otherwise before.
        """
        if not question.after:
            return
        self._keep(self.folder / "told" / f"{question.after}.npz", files.to_bytes(question.arrays))
        after = schedule(self.study).step(question.after)
        words = {name: question.texts[name] for name in sorted(exchange_of(after).agrees)}
        if words:
            agreed = {"roster": list(question.roster), **words}
            self._keep(self.folder / "told" / f"{question.after}.json", document.canonical(agreed))
        if after is Step.INVENTORY and self.study.features is SiteFeatures.COMMON:
            self.__dict__.pop("table", None)  # from here on it has the features on which the sites agreed

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

    def told_all(self, step: Step) -> list[dict[str, Array]]:
        """Totals of every exchange so far of a repeated step."""
        totals: list[dict[str, Array]] = []
        while (self.folder / "told" / f"{step}-{len(totals)}.npz").exists():
            totals.append(self.told(f"{step}-{len(totals)}"))
        return totals

    def made(self, step: Step) -> int:
        """Exchanges of a repeated step of which this site was told the totals."""
        return sum(1 for _ in (self.folder / "told").glob(f"{step}-*.npz"))

    def agreed(self, step: str) -> dict[str, Any]:
        """Words on which all sites agreed after an exchange, and the roster.

        Raises
        ------
        MrfedError (`REFUSED`) where this site was never told.
        """
        try:
            content: dict[str, Any] = json.loads((self.folder / "told" / f"{step}.json").read_text())
        except FileNotFoundError as error:
            raise self._lost(step) from error
        return content

    def keep_answered(self, step: str, answered: Sequence[str], lost: Mapping[str, int]) -> None:
        """Keep who answered an exchange in which sites may be lost, before this site signs it.

        Parameters
        ----------
        step : the exchange
        answered : the sites that go on, in order
        lost : patients of each of the others, as the coordinator states them

        Raises
        ------
        MrfedError (`REFUSED`) where another set was kept before.
        """
        content = document.canonical({"answered": list(answered), "lost": dict(lost)})
        self._keep(self.folder / "answered" / f"{step}.json", content)

    def _sets(self) -> dict[str, Any]:
        """What `keep_answered` kept, by step, in the order of the schedule."""
        planned, paths = schedule(self.study), (self.folder / "answered").glob("*.json")
        return {
            path.stem: json.loads(path.read_bytes())
            for path in sorted(paths, key=lambda path: planned.position(path.stem))
        }

    def answered(self, step: str) -> tuple[str, ...]:
        """The sites that answered an exchange in which sites may be lost; raises where it was not agreed."""
        if step not in (kept := self._sets()):
            raise self._lost(f"who answered {step}")
        return tuple(kept[step]["answered"])

    def present(self, after: str) -> tuple[str, ...]:
        """The sites that are still there after an exchange, in order: those that began, without the lost."""
        if after and dropout.may_lose(self.study, after):
            return self.answered(after)
        sets = list(self._sets().values())
        return tuple(sets[-1]["answered"]) if sets else self.roster

    def lost_since(self, step: str) -> int:
        """Patients of sites that were lost after the sums of an exchange, who were in them and are no more."""
        planned = schedule(self.study)
        later = [kept for name, kept in self._sets().items() if planned.position(name) > planned.position(step)]
        return sum(sum(kept["lost"].values()) for kept in later)

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
    def roster(self) -> tuple[str, ...]:
        """The sites that took part from the beginning, in order."""
        return tuple(self.agreed(Step.ENROLL)["roster"])

    @cached_property
    def masking_keys(self) -> dict[str, Any]:
        """What each site announced as the public key of its masks."""
        keys: dict[str, Any] = self.agreed(Step.ENROLL)["masking_keys"]
        return keys

    @cached_property
    def facts(self) -> AgreedFacts:
        """What this site and the coordinator know alike: the lengths of axes, and all that totals lead to."""
        return AgreedFacts(self.study, lambda: self.roster, self.told, self.agreed, self.made)

    @property
    def categories(self) -> dict[str, list[str]]:
        """Agreed levels of every categorical covariate."""
        return self.facts.categories

    @property
    def scales(self) -> Scales:
        """Powers of two on which features and covariates are summed."""
        return self.facts.scales

    @property
    def fits(self) -> tuple[Fit, ...]:
        """The fits of the study, in the order of the leading axis."""
        return self.facts.fits

    @property
    def omissions(self) -> tuple[Omission, ...]:
        """Who is left out of what is learned without labels: nobody first, then each left-out site."""
        return self.facts.omissions

    @property
    def included(self) -> tuple[bool, ...]:
        """For each of these, whether this site is in it."""
        return included(self.study, self.omissions, self.site.name)

    @cached_property
    def people(self) -> Table:
        """The site's patients, as far as can be told before features are learned together; they stay the same."""
        if self.study.standardized:
            people = self._load(second_pass.landmarks(self.site, self.study), prefix=LANDMARK_PREFIX)
        else:
            people = self._load(feature_table(self.site, self.study))
        study = f"{self.study.name} version {self.study.version}"
        differencing.record(self.site.workspace, self.folder, study, people)
        table.tell(self.site, people.left_out, people.merged)
        return people

    @cached_property
    def table(self) -> Table:
        """The site's patients, with the features of every omission: all, then those on which the sites agreed."""
        if self.study.features is SiteFeatures.SAME or not (self.folder / "told" / f"{Step.INVENTORY}.json").exists():
            return self._whole_table
        return self._whole_table.only(self.agreed(Step.INVENTORY)["features"])

    @cached_property
    def _whole_table(self) -> Table:
        if self.study.habitats is not None:
            paths = second_pass.with_habitats(self.site, self.study, self.standards, self.clusterings)
        elif self.study.standardized:
            paths = self.feature_tables
        else:
            return self.people
        whole = joined([self._load(path) for path in paths])
        known = self.people.left_out
        table.tell(self.site, {patient: why for patient, why in whole.left_out.items() if patient not in known})
        return whole

    @property
    def standards(self) -> tuple[Standards, ...]:
        """The standard histograms of every omission, as the totals of all sites say; none without that step."""
        images = self.study.standardized
        return standard_histogram.learned(self.told(Step.NORMALIZE), images) if images else ()

    @property
    def feature_tables(self) -> tuple[Path, ...]:
        """Feature tables without habitats under the standard histograms of every omission."""
        return second_pass.features(self.site, self.study, self.standards)

    @cached_property
    def clusterings(self) -> tuple[Clusters, ...]:
        """The habitats of every omission, as the search of all sites ended."""
        assert self.study.habitats is not None
        rounds = self.told_all(Step.CLUSTER)
        return clusterings.conclude(
            clusterings.searches(self.study.habitats, self.told(Step.VOXELS), self.told(Step.CELLS), rounds)
        )

    def _load(self, features: Path, prefix: str | None = None) -> Table:
        site = self.site if prefix is None else self.site.model_copy(update={"feature_columns": prefix})
        return table.load(site, self.study, features, self.approved.withdrawn, self.approved.reviewed)

    @cached_property
    def batch(self) -> Array:
        """(n,) batch of each patient."""
        return self.table.batch

    def design(self, categories: dict[str, list[str]]) -> tuple[Array, tuple[str, ...]]:
        """Covariates as columns of numbers.

        Parameters
        ----------
        categories : levels of every categorical covariate: the site's own in its inventory, the agreed ones after

        Returns
        -------
        (n, columns), and the columns' names
        """
        covariates = encodings(self.study.harmonization.covariates, categories)
        return design(self.table.covariates, covariates, len(self.table.y)), columns(covariates)

    @cached_property
    def extras(self) -> Array:
        """(n, extras) clinical variables as columns of numbers, then the volume, as the study names them."""
        section, n = self.study.comparators, len(self.table.y)
        clinical = design(self.table.covariates, encodings(section.clinical, self.categories), n)
        if section.volume is None:
            return clinical
        if section.volume not in self.table.features:
            raise MrfedError(
                Code.DATA_MISSING,
                f"comparators.volume: no feature is called {section.volume}; name the one that holds the volume",
            )
        return np.column_stack([clinical, self.table.x[:, self.table.features.index(section.volume)]])

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns whose effects harmonization keeps."""
        return self.design(self.categories)[1] + self.study.endpoint_columns

    @cached_property
    def kind(self) -> Array:
        """(n,) class of each patient; 0 where the endpoint is continuous."""
        return (
            self.table.y.astype(np.int64) if self.study.question.endpoint.classes else np.zeros(len(self.table.y), int)
        )

    @cached_property
    def folds(self) -> Array:
        """(repeats, n) fold that leaves each patient out; -1 without folds."""
        return split.folds_of(self.study, self.site, self.table)

    @cached_property
    def inner(self) -> Array:
        """(n,) inner fold that leaves each patient out; -1 without."""
        return split.inner_of(self.study, self.site, self.table)

    def trains(self, fit: Fit) -> Array:
        """(n,) whether each patient trains a fit."""
        return split.trains(fit, self.site, self.folds, self.inner)
