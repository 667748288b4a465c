"""What readers score of a patient's images, as clinical variables `reader.NAME`.

Terms of the MRI lexicon of ACR BI-RADS, 5th edition (Morris et al., in: ACR BI-RADS Atlas, 2013); oedema on T2-weighted
images as in Uematsu, Breast Cancer 22 (2015) 66. Each variable has closed answers, so that it can be a covariate, a
condition of a subgroup or an endpoint of a study by its name alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import Code, MrfedError

PREFIX = "reader."
"""Before the name of an item where it is a column of the clinical table."""


@dataclass(frozen=True)
class Item:
    """A question with closed answers.

    Parameters
    ----------
    name : of the variable, without the prefix
    asks : as the form says it
    answers : values as they are kept, and how the form says them
    only_if : the item and the value without which the question makes no sense
    """

    name: str
    asks: str
    answers: tuple[tuple[str, str], ...]
    only_if: tuple[str, str] | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """Values as they are kept."""
        return tuple(value for value, _ in self.answers)


def _same(*words: str) -> tuple[tuple[str, str], ...]:
    return tuple((word.replace(" ", "-"), word) for word in words)


_MASS, _NON_MASS = ("lesion", "mass"), ("lesion", "non-mass")

FORM: tuple[Item, ...] = (
    Item(
        "fibroglandular",
        "Amount of fibroglandular tissue",
        (("a", "a: almost entirely fat"), ("b", "b: scattered"), ("c", "c: heterogeneous"), ("d", "d: extreme")),
    ),
    Item("bpe", "Background parenchymal enhancement", _same("minimal", "mild", "moderate", "marked")),
    Item("bpe_symmetry", "Its symmetry", _same("symmetric", "asymmetric")),
    Item("lesion", "Lesion", (("mass", "mass"), ("non-mass", "non-mass enhancement"), ("focus", "focus"))),
    Item("mass_shape", "Shape", _same("oval", "round", "irregular"), _MASS),
    Item("mass_margin", "Margin", _same("circumscribed", "irregular", "spiculated"), _MASS),
    Item(
        "mass_enhancement",
        "Internal enhancement",
        (*_same("homogeneous", "heterogeneous", "rim"), ("dark-septations", "dark internal septations")),
        _MASS,
    ),
    Item(
        "non_mass_distribution",
        "Distribution",
        _same("focal", "linear", "segmental", "regional", "multiple regions", "diffuse"),
        _NON_MASS,
    ),
    Item(
        "non_mass_enhancement",
        "Internal enhancement",
        _same("homogeneous", "heterogeneous", "clumped", "clustered ring"),
        _NON_MASS,
    ),
    Item("kinetics_initial", "Kinetics, initial phase", _same("slow", "medium", "fast")),
    Item("kinetics_delayed", "Kinetics, delayed phase", _same("persistent", "plateau", "washout")),
    Item("oedema", "Oedema on T2", _same("none", "peritumoral", "prepectoral", "subcutaneous")),
    Item("multiplicity", "Lesions", _same("single", "multifocal", "multicentric")),
    Item("nodes", "Axillary nodes", _same("normal", "suspicious")),
    Item("birads", "BI-RADS category", tuple((number, number) for number in ("1", "2", "3", "4", "5", "6"))),
)


def checked(answers: Mapping[str, str]) -> dict[str, str]:
    """Answers in the form's order, without those to questions that make no sense with the others.

    Raises
    ------
    MrfedError where there is no such question, or the answer is none of its answers.
    """
    items = {item.name: item for item in FORM}
    for name, value in answers.items():
        if name not in items or value not in items[name].values:
            raise MrfedError(
                Code.DATA_INCONSISTENT, f"{name[:40]}: {value[:40]!r} is no answer of the form; reload the page"
            )
    return {
        item.name: answers[item.name]
        for item in FORM
        if item.name in answers and (item.only_if is None or answers.get(item.only_if[0]) == item.only_if[1])
    }
