"""Habitats of tumours that all sites share: moments of voxels, a start, and rounds of the search."""

from shared.clustering.start import cell_count
from shared.contract.axes import OMISSIONS
from shared.contract.disclosure import Cell, Columns, Content, Unit
from shared.contract.exchange import Exchange
from shared.contract.facts import Facts
from shared.contract.quantity import Axis, masked, on
from shared.contract.scales import MAPS
from shared.sections.radiomics import Habitats
from shared.step import Step
from shared.study.kind import Kind, kind_of
from shared.study.study import Study


def _section(facts: Facts) -> Habitats:
    assert facts.study.habitats is not None
    return facts.study.habitats


def _asked(study: Study) -> bool:
    return kind_of(study) is Kind.FEATURES and study.habitats is not None


_MAPS = Axis("maps", "maps of which habitats are made", lambda facts: len(_section(facts).maps))
_CELLS = Axis(
    "cells",
    "parts of the maps' range of values",
    lambda facts: cell_count(len(_section(facts).maps)),
    frozenset({Cell.VOXEL}),
)
_CANDIDATES = Axis("candidates", "numbers of habitats that are tried", lambda facts: len(_section(facts).clusters))
_HABITATS = Axis(
    "habitats",
    "habitats, as many as the largest number that is tried",
    lambda facts: max(_section(facts).clusters),
    frozenset({Cell.VOXEL}),
)
_MIXED = Axis(
    "mixture",
    "once where habitats are found by a Gaussian mixture, else not at all",
    lambda facts: int(_section(facts).model == "gaussian_mixture"),
)
_OF_MAPS = (Content.FIRST, Columns.IMAGES)
_OF_TWO_MAPS = (Content.PRODUCT, Columns.IMAGES)

VOXELS = Exchange(
    Step.VOXELS,
    "Means and products of the maps over the tumours, so that maps of all sites are on one scale.",
    "studies with habitats of the tumour",
    asked=_asked,
    quantities=(
        masked(
            "weight",
            (OMISSIONS,),
            "patients whose tumour has voxels of which habitats are made",
            *(Content.COUNT, Columns.NOTHING),
            low=0,
        ),
        masked(
            "first",
            (OMISSIONS, _MAPS),
            "sum over patients of the mean of a map over the tumour",
            *_OF_MAPS,
            # Maps in their own units, from diffusivities (1e-3 mm²/s) to relaxation times (1e3 ms).
            encode=on(MAPS),
            unit=Unit.MAP,
        ),
        masked(
            "second",
            (OMISSIONS, _MAPS, _MAPS),
            "the same of products of two maps",
            *_OF_TWO_MAPS,
            encode=on(2 * MAPS),
            unit=Unit.MAP,
        ),
        masked(
            "voxels", (OMISSIONS,), "how many voxels these are", Content.COUNT, Columns.IMAGES, low=0, unit=Unit.NONE
        ),
    ),
)
CELLS = Exchange(
    Step.CELLS,
    "How much of the tumours lies where in the maps' range, from which the search for habitats begins.",
    "studies with habitats of the tumour",
    asked=_asked,
    quantities=(
        masked(
            "cell_weight",
            (OMISSIONS, _CELLS),
            "sum over patients of the share of the tumour in a cell of values",
            *_OF_MAPS,
            low=0,
            unit=Unit.PATIENTS,
        ),
        masked("cell_total", (OMISSIONS, _CELLS, _MAPS), "sum of these shares' values of a map", *_OF_MAPS),
    ),
)
CLUSTER = Exchange(
    Step.CLUSTER,
    "One round of the search for habitats, for every number of habitats that is tried.",
    "studies with habitats of the tumour",
    asked=_asked,
    at_most=lambda study: study.habitats.iterations if study.habitats is not None else 0,
    numbered=True,
    quantities=(
        masked(
            "weight",
            (OMISSIONS, _CANDIDATES, _HABITATS),
            "sum over patients of the tumour's share in a habitat",
            *_OF_MAPS,
            low=0,
            unit=Unit.PATIENTS,
        ),
        masked("first", (OMISSIONS, _CANDIDATES, _HABITATS, _MAPS), "sum of these shares' values of a map", *_OF_MAPS),
        masked(
            "second",
            (OMISSIONS, _MIXED, _CANDIDATES, _HABITATS, _MAPS, _MAPS),
            "the same of products of two maps (mixtures)",
            *_OF_TWO_MAPS,
        ),
        masked(
            "merit",
            (OMISSIONS, _CANDIDATES),
            "how well the habitats fit: inertia, or log-likelihood",
            *(Content.LOSS, Columns.IMAGES),
        ),
    ),
)
