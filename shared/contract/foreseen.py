"""What can be said of a study's exchanges before it begins: the most that may come along every axis."""

from collections.abc import Mapping
from functools import cached_property

from shared.contract.exchange import Exchange
from shared.contract.facts import Facts, UnknownLengthError, width
from shared.contract.quantity import Axis, Quantity
from shared.contract.scales import Scales
from shared.models.registry import learner_of
from shared.models.site_ensembles import SiteEnsembles
from shared.sections.harmonization import Covariate, Missing
from shared.sections.model import BoostingSettings, TreeSettings
from shared.sections.privacy import SiteSums
from shared.sections.selection import Univariate
from shared.selection.choose import most_selected
from shared.step import Step
from shared.study.permutation_plan import shuffled_fits
from shared.study.plan import Fit, explains, fits, model_alone, small_arms, tasks
from shared.study.study import Study
from shared.training.explanation import MOST


class Foreseen(Facts):
    """The most that may come.

    Parameters
    ----------
    study : the study
    features : how many it has; None where images are not prepared yet
    levels : how many values each categorical covariate has, by column, as far as known here
    study_fits : its fits, where they are others than the study's own
    """

    def __init__(
        self,
        study: Study,
        features: int | None = None,
        levels: Mapping[str, int] | None = None,
        study_fits: tuple[Fit, ...] | None = None,
    ) -> None:
        super().__init__(study, lambda: study.federation.sites)
        self._features = features
        self._levels = levels or {}
        self._fits = study_fits

    @cached_property
    def fits(self) -> tuple[Fit, ...]:
        """See `Facts.fits`."""
        return fits(self.study, self.roster) if self._fits is None else self._fits

    @property
    def features(self) -> int:
        """See `Facts.features`."""
        if self._features is None:
            raise UnknownLengthError("features")
        return self._features

    def _columns(self, covariates: tuple[Covariate, ...]) -> int:
        for covariate in covariates:
            if covariate.kind == "categorical" and covariate.column not in self._levels:
                raise UnknownLengthError(covariate.column)
        return sum(width(covariate, self._levels) for covariate in covariates)

    @property
    def covariates(self) -> int:
        """See `Facts.covariates`."""
        return self._columns(self.study.harmonization.covariates) + len(self.study.endpoint_columns)

    @property
    def extras(self) -> int:
        """See `Facts.extras`."""
        section = self.study.comparators
        return self._columns(section.clinical) + int(section.volume is not None)

    @property
    def incomplete(self) -> int:
        """See `Facts.incomplete`: any feature may be lacking where the study says what then."""
        return 0 if self.study.harmonization.missing is Missing.LEAVE_OUT else self.features

    @property
    def listed(self) -> int:
        """See `Facts.listed`."""
        section = self.study.selection
        most = self.features if section.shortlist is None else min(section.shortlist, self.features)
        if isinstance(section, Univariate) and section.correlation is None:
            return min(most, section.keep)
        return most

    @property
    def _selected(self) -> int:
        return most_selected(self.study.selection, self.features)

    @property
    def training(self) -> Mapping[str, int]:
        """See `Facts.training`."""
        section, learner = self.study.model, learner_of(self.study.model)
        count = len(tasks(self.study, self.fits))
        size = learner.size(section, self._selected, self.classes, len(self.roster))
        if isinstance(learner, SiteEnsembles) and isinstance(section, TreeSettings):
            nodes = 2 ** (section.depth + 1) - 1
            site_trees = len(self.roster) * learner.trees_at_once(section)
            return {"site_trees": site_trees, "nodes": nodes, "leaf": 2 + learner.outputs(self.classes)}
        if isinstance(section, BoostingSettings):
            grown = count * 2 ** max(section.depth - 1, 0)
            return {"grown": grown, "selected": self._selected, "ranges": section.bins}
        if learner.step is Step.AVERAGE:
            return {"weights": size - 1}
        models = count * section.path_length
        return {"open": models, "selected": size, "curvatures": models * size * (size + 1) // 2}

    @property
    def combining(self) -> Mapping[str, int]:
        """See `Facts.combining`."""
        columns = 1 + max(self.classes - 1, 1) + self.extras
        models, size = len(small_arms(self.study)) * self.outer, columns * max(self.classes - 1, 1)
        return {"open": models, "selected": size, "curvatures": models * size * (size + 1) // 2}

    @property
    def explained(self) -> int:
        """See `Facts.explained`."""
        return min(MOST, self._selected) if explains(self.study) else 0

    @property
    def levels(self) -> int:
        """See `Facts.levels`: the last level is the widest."""
        probe = self.study.harmonization.probe
        return probe.depth - 1 if probe is not None else 0

    @property
    def first_level(self) -> bool:
        """See `Facts.first_level`."""
        return True

    @property
    def permuted(self) -> "Foreseen":
        """See `Facts.permuted`."""
        return Foreseen(model_alone(self.study), self._features, self._levels, shuffled_fits(self.study))

    @property
    def scales(self) -> Scales:
        """See `Facts.scales`."""
        raise UnknownLengthError("scales")

    def most(self, axis: Axis) -> int | None:
        """Most that an axis may be long; None where nobody can know yet."""
        if axis.listed == "features":
            return self._features
        try:
            return axis.length(self)
        except UnknownLengthError:
            return None

    def has(self, quantity: Quantity) -> bool:
        """Whether the study has anything of a quantity."""
        return 0 not in {self.most(axis) for axis in quantity.axes}

    def leaving(self, exchange: Exchange) -> tuple[Quantity, ...]:
        """Quantities of an exchange that leave in the study."""
        derivable = self.study.privacy.site_sums is SiteSums.DERIVABLE
        return tuple(quantity for quantity in exchange.leaving(derivable=derivable) if self.has(quantity))
