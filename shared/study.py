"""The study file: everything that a coordinator asks and a site approves, under one digest."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field, model_validator

from shared import document
from shared.contract import Step
from shared.errors import Code
from shared.models.registry import LEARNERS
from shared.sections.comparators import Comparators
from shared.sections.federation import Dropout, Federation
from shared.sections.governance import Governance
from shared.sections.harmonization import Covariate, Harmonization, Method, Missing, Transform
from shared.sections.imaging import ImageName, Imaging
from shared.sections.learning import Evaluation, Model, Training
from shared.sections.maps import READS, MapName, MapRequest, VendorMapRequest
from shared.sections.network import Network
from shared.sections.privacy import Privacy, SiteSums
from shared.sections.question import HER2_STATUS, EndpointKind, Question
from shared.sections.radiomics import Habitats, Radiomics
from shared.sections.section import Section
from shared.sections.selection import Selection, Selector
from shared.sections.sequence import Sequence
from shared.sections.stability import Stability


class Purpose(StrEnum):
    """What a study is run for."""

    LEARN = "learn"
    FEASIBILITY = "feasibility"
    """Only to learn what the sites could bring: counts, sequences and protocols. No feature is summed."""


class Study(Section):
    """A study, whole. Its digest covers every setting, defaults included."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")
    version: int = Field(default=1, ge=1)
    title: str
    purpose: Purpose = Purpose.LEARN
    question: Question
    governance: Governance
    imaging: Imaging | None = None
    """None where the sites bring ready feature tables."""
    maps: tuple[MapRequest, ...] = ()
    radiomics: Radiomics | None = None
    harmonization: Harmonization = Harmonization()
    stability: Stability | None = None
    """None where features enter whether or not they are stable."""
    selection: Selection = Selection()
    network: Network | None = None
    """A network on the images, instead of `model` and `training`."""
    model: Model = Model()
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    comparators: Comparators = Comparators()
    privacy: Privacy = Privacy()
    federation: Federation

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical study, in hexadecimal; what a site approves."""
        return document.digest(self)

    @property
    def standardised(self) -> tuple[ImageName, ...]:
        """Images that are brought onto a standard histogram, which the sites learn together; none without that step."""
        steps = self.imaging.steps if self.imaging is not None else ()
        return self.imaging.images if self.imaging is not None and any(one.step == "nyul" for one in steps) else ()

    @property
    def endpoint_columns(self) -> tuple[str, ...]:
        """Columns by which harmonisation keeps the endpoint; none unless the study says so."""
        if not self.harmonization.keep_endpoint:
            return ()
        return tuple(f"endpoint={one.name}" for one in self.question.endpoint.classes[1:])

    @property
    def habitats(self) -> Habitats | None:
        """How habitats are found; None where the study asks for none."""
        return self.radiomics.habitats if self.radiomics is not None else None

    @property
    def covariates(self) -> tuple[Covariate, ...]:
        """Clinical columns that the study reads, for harmonisation or as predictors."""
        named = {one.column: one for one in (*self.harmonization.covariates, *self.comparators.clinical)}
        return tuple(named.values())

    @model_validator(mode="after")
    def _consistent(self) -> "Study":
        if self.evaluation.leave_one_site_out and self.privacy.site_sums is not SiteSums.DERIVABLE:
            raise ValueError(
                "evaluation.leave_one_site_out lets the totals of each single site be concluded; declare "
                "privacy.site_sums: derivable, or set evaluation.leave_one_site_out: false"
            )
        if self.evaluation.leave_one_site_out and len(self.federation.sites) < 3:
            raise ValueError("evaluation.leave_one_site_out needs at least three sites in federation.sites")
        self._external_sites_are_whole()
        if not self.evaluation.leave_one_site_out and self.evaluation.folds < 2:
            raise ValueError("evaluation.folds is under 2 and no site is left out: nothing is evaluated; set 2 or more")
        learner = LEARNERS[self.model.kind]
        kinds = learner.kinds
        if self.question.endpoint.kind not in kinds:
            fitting = sorted(name for name, one in LEARNERS.items() if self.question.endpoint.kind in one.kinds)
            raise ValueError(
                f"question.endpoint is {self.question.endpoint.kind}, which model.kind: {self.model.kind} does not "
                f"take; set model.kind to {' or '.join(fitting)}"
            )
        if self.model.penalties > 1 and not learner.has_path:
            with_paths = " or ".join(name for name, one in LEARNERS.items() if one.has_path)
            raise ValueError(
                f"model.penalties: a path of penalties is of kind: {with_paths}; {self.model.kind} has none"
            )
        if self.model.penalties == 0 and not learner.unpenalised:
            raise ValueError(f"model.penalties: 0 is of kind: linear; {self.model.kind} has a penalty, so set it to 1")
        if self.model.kind == "mlp" and self.model.l1_ratio:
            raise ValueError("model.l1_ratio: a network has an L2 penalty; set it to 0, or take another kind")
        if self.selection.method is Selector.STABILITY:
            if self.question.endpoint.kind is EndpointKind.MULTICLASS:
                raise ValueError(
                    "selection.method: stability takes two classes, or ordered ones; choose another method"
                )
            if self.evaluation.inner_folds < 4:
                raise ValueError(
                    "selection.method: stability makes halves of evaluation.inner_folds; set these to 4 or more"
                )
        if learner.step is Step.UNITE and self.privacy.site_sums is not SiteSums.DERIVABLE:
            raise ValueError(
                f"model.kind: {self.model.kind} lets all read the trees of each single site; declare "
                "privacy.site_sums: derivable, or take kind: boosting, which adds up"
            )
        if learner.step is Step.UNITE and self.federation.dishonest:
            raise ValueError(f"model.kind: {self.model.kind} adds nothing up; set federation.dishonest: 0")
        for one in self.comparators.clinical:
            if any(other.column == one.column and other != one for other in self.harmonization.covariates):
                raise ValueError(f"comparators.clinical: {one.column} is described otherwise than in harmonization")
        if self.imaging is None and (self.maps or self.radiomics):
            raise ValueError("maps and radiomics need an imaging section that names the sequences")
        if self.imaging is not None and self.radiomics is None and self.network is None:
            raise ValueError("imaging without radiomics gives no features; add a radiomics section")
        if self.imaging is not None:
            computed = {request.name for request in self.maps}
            if self.imaging.tumour == "functional" and MapName.FUNCTIONAL_TUMOUR_VOLUME not in computed:
                raise ValueError("imaging.tumour: functional needs the map functional_tumour_volume; add it to maps")
            absent = {one.value for one in Sequence} - {one.value for one in self.imaging.sequences}
            for request in self.maps:
                if isinstance(request, VendorMapRequest) and request.quantity.value in absent:
                    raise ValueError(f"maps takes the scanner's {request.quantity}; add it to imaging.sequences")
                if not set(READS[request.name]) & set(self.imaging.sequences):
                    readable = " or ".join(READS[request.name])
                    raise ValueError(f"maps: {request.name} reads {readable}; add it to imaging.sequences")
        if len(set(self.federation.sites)) != len(self.federation.sites):
            raise ValueError("federation.sites names a site twice")
        if self.federation.quorum > len(self.federation.sites):
            raise ValueError("federation.quorum is larger than the number of federation.sites")
        if self.federation.dropout is Dropout.CONTINUE and not self.privacy.masked:
            raise ValueError("federation.dropout: continue is a protocol of masks; set privacy.masked: true")
        self._noise_is_whole()
        self._dishonest_can_be_told()
        self._reference_is_declared()
        self._probe_is_declared()
        self._network_fits()
        self._shuffles_are_blind()
        self._number_is_predicted()
        covariates = {covariate.column for covariate in self.harmonization.covariates}
        if self.harmonization.method is not Method.NONE and covariates & {
            self.question.endpoint.column,
            HER2_STATUS,
        }:
            raise ValueError(
                "harmonization.covariates contains the endpoint: the label would leak into the features, "
                "and is unknown for a new patient; remove it, or set harmonization.keep_endpoint: true"
            )
        return self

    def _external_sites_are_whole(self) -> None:
        """A site that trains nothing has no say in anything that is learned before, or is not tested alone."""
        external = self.evaluation.external_sites
        if not external:
            return
        if unknown := [one for one in external if one not in self.federation.sites]:
            raise ValueError(f"evaluation.external_sites: {unknown[0]} is none of federation.sites")
        least = 3 if self.evaluation.leave_one_site_out else 2
        if len(self.federation.sites) - len(set(external)) < least:
            raise ValueError(f"evaluation.external_sites leaves fewer than {least} sites to train; name fewer")
        if self.privacy.site_sums is not SiteSums.DERIVABLE:
            raise ValueError(
                "evaluation.external_sites lets the totals of these sites be concluded; declare privacy.site_sums: "
                "derivable, or name none"
            )
        unfit = {
            "network": self.network is not None,
            "stability": self.stability is not None,
            "radiomics.habitats": self.habitats is not None,
            "a standard histogram": bool(self.standardised),
            "harmonization.joined": bool(self.harmonization.joined),
            "harmonization.transform": self.harmonization.transform is not Transform.NONE,
            "harmonization.probe": self.harmonization.probe is not None,
            "harmonization.reference_site among them": self.harmonization.reference_site in external,
            "federation.dropout: continue": self.federation.dropout is Dropout.CONTINUE,
            "federation.dishonest": bool(self.federation.dishonest),
        }
        if found := [name for name, there in unfit.items() if there]:
            raise ValueError(
                f"evaluation.external_sites does not go together with {', '.join(found)}, in which sites that train "
                "nothing would have a say; leave one out"
            )

    def _probe_is_declared(self) -> None:
        if self.harmonization.probe is None:
            return
        if self.privacy.site_sums is not SiteSums.DERIVABLE or self.evaluation.folds < 2:
            raise ValueError(
                "harmonization.probe asks classifiers for the site in the folds of the evaluation, which decodes sums "
                "of each single site; declare privacy.site_sums: derivable and evaluation.folds: 2 or more, or leave "
                "it out"
            )
        if self.harmonization.probe.deals < self.evaluation.folds:
            raise ValueError("harmonization.probe.deals is less than evaluation.folds; ask for at least as many deals")
        if self.federation.dropout is Dropout.CONTINUE:
            raise ValueError("harmonization.probe deals labels to a fixed set of sites; set federation.dropout: wait")

    def _dishonest_can_be_told(self) -> None:
        wrong = self.federation.dishonest
        if not wrong:
            return
        if self.privacy.masked or self.privacy.site_sums is not SiteSums.DERIVABLE:
            raise ValueError(
                "federation.dishonest compares the sums of single sites, which masks hide; declare privacy.masked: "
                "false and privacy.site_sums: derivable, which each site has to accept, or set it to 0"
            )
        if self.evaluation.leave_one_site_out:
            raise ValueError("federation.dishonest compares whole sites, of which leave_one_site_out lacks one in turn")
        if self.federation.quorum < 2 * wrong + 3:
            raise ValueError(f"federation.dishonest: {wrong} needs a quorum of {2 * wrong + 3} sites or more")

    def _noise_is_whole(self) -> None:
        """Whatever would leave without noise is not part of a study with noise."""
        if self.privacy.noise is None:
            return
        unfit = {
            "evaluation.external_sites": bool(self.evaluation.external_sites),
            "evaluation.leave_one_site_out: true": self.evaluation.leave_one_site_out,
            "privacy.site_sums: derivable": self.privacy.site_sums is SiteSums.DERIVABLE,
            "privacy.masked: false": not self.privacy.masked,
            "harmonization": self.harmonization.method is not Method.NONE or bool(self.harmonization.covariates),
            "harmonization.transform, missing: impute or probe": self.harmonization.transform is not Transform.NONE
            or self.harmonization.missing is Missing.IMPUTE
            or self.harmonization.probe is not None,
            "federation.dropout: continue": self.federation.dropout is Dropout.CONTINUE,
            "what sites learn together before": bool(self.standardised) or self.habitats is not None,
            "network": self.network is not None,
            "model other than logistic with model.c": self.model != Model(c=self.model.c),
            "selection": self.selection != Selection(),
            "stability": self.stability is not None,
            "comparators.clinical or volume": bool(self.comparators.clinical or self.comparators.volume),
            "evaluation.repeats": self.evaluation.repeats > 1,
            "fewer than three sites": len(self.federation.sites) < 3 or self.federation.quorum < 3,
        }
        if found := [name for name, there in unfit.items() if there]:
            raise ValueError(
                f"privacy.noise bounds nothing together with {', '.join(found)}: that would leave without noise, or "
                "cost more than it gives (docs/decisions/0031-noise-in-the-usual-course.md); leave it out, and name "
                "the model's features in privacy.noise.ranges"
            )

    def _number_is_predicted(self) -> None:
        """Whatever needs classes is no part of a study whose endpoint is a number."""
        if not self.question.endpoint.continuous:
            return
        unfit = {
            f"selection.method: {self.selection.method}, which looks at classes": self.selection.method
            in (Selector.MRMR, Selector.STABILITY),
            "harmonization.keep_endpoint: true, which keeps the effect of classes": self.harmonization.keep_endpoint,
            "comparators.margin, which is one of AUC": self.comparators.margin is not None,
            "privacy.noise, whose model is logistic": self.privacy.noise is not None,
        }
        if found := [name for name, there in unfit.items() if there]:
            raise ValueError(f"question.endpoint is continuous, which does not go together with {'; '.join(found)}")

    def _shuffles_are_blind(self) -> None:
        if not self.evaluation.permutations:
            return
        unfit = {
            "harmonization.keep_endpoint: true, whose features carry the labels": self.harmonization.keep_endpoint,
            "network, which would be trained anew each time": self.network is not None,
            "privacy.noise, which answers nothing else": self.privacy.noise is not None,
            "evaluation.folds: 0": self.evaluation.folds < 2,
        }
        if found := [name for name, there in unfit.items() if there]:
            raise ValueError(f"evaluation.permutations does not go together with {', '.join(found)}; leave one out")

    def _network_fits(self) -> None:
        if self.network is None:
            return
        if self.federation.dropout is not Dropout.WAIT:
            raise ValueError(
                "federation.dropout: continue would leave the weights of a network's mean without a site; a study with "
                "a network waits"
            )
        if self.question.endpoint.kind is not EndpointKind.BINARY:
            raise ValueError("network tells two classes apart; name two in question.endpoint")
        unfit = {
            "harmonization.method: other than none": self.harmonization.method is not Method.NONE,
            "harmonization.transform or probe": self.harmonization.transform is not Transform.NONE
            or self.harmonization.probe is not None,
            "radiomics (or name some of them in network.architecture.features)": self.radiomics is not None
            and not self.network.architecture.features,
            "radiomics.habitats": self.habitats is not None,
            "harmonization.missing: impute": self.harmonization.missing is Missing.IMPUTE,
            "stability": self.stability is not None,
            "model": self.model != Model(),
            "comparators.clinical or volume": bool(self.comparators.clinical or self.comparators.volume),
            "federation.dishonest (strategy: median, trimmed_mean or krum is what a network has)": bool(
                self.federation.dishonest
            ),
        }
        if found := [name for name, there in unfit.items() if there]:
            raise ValueError(f"network is trained instead of a model on features; leave out {', '.join(found)}")
        if self.network.architecture.features and self.imaging is not None and self.radiomics is None:
            raise ValueError("network.architecture.features joins radiomics; add a radiomics section")
        declared = {one.column for one in self.harmonization.covariates if one.kind != "categorical"}
        for variable in self.network.architecture.variables:
            if variable not in declared:
                raise ValueError(
                    f"network.architecture.variables names {variable}; declare it in harmonization.covariates as "
                    "continuous, so that sites look for it"
                )
        if self.imaging is not None:
            offered = {one.value for one in self.imaging.images}
            quantities = [channel for channel in self.network.input.channels if channel not in offered]
            if quantities and not self.maps:
                raise ValueError(
                    f"network.input.channels names {quantities[0]}, which is none of imaging.images and no map"
                )

    def _reference_is_declared(self) -> None:
        site, section = self.harmonization.reference_site, self.harmonization
        if site is None:
            return
        if site not in self.federation.sites:
            raise ValueError(f"harmonization.reference_site: {site} is none of federation.sites")
        if section.method is Method.NONE or section.batch != "site":
            raise ValueError("harmonization.reference_site needs method: combat and batch: site")
        if self.privacy.site_sums is not SiteSums.DERIVABLE:
            raise ValueError(
                "harmonization.reference_site decodes the totals of that site alone; declare privacy.site_sums: "
                "derivable, or name no reference"
            )


READY_MADE = Path(__file__).parent / "studies"
"""Studies that come with the package."""


def find(name: Path) -> Path:
    """Path of a study file: the file itself, or the ready-made study of that name."""
    ready = READY_MADE / f"{name}.yaml"
    return ready if not name.exists() and ready.exists() else name


def load(path: Path) -> Study:
    """Read and check a study file.

    Raises
    ------
    MrfedError, one line for each fault: file, line, setting, what is wrong, what to do.
    """
    return document.load(path, Study, Code.STUDY_INVALID)
