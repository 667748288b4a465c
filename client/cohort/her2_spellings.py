"""How pathology writes HER2: cells of exports as IHC scores, ISH results, dual-probe groups and measurements.

A cell is put into one form (case, dashes, brackets, the assay's name) and looked up. What stands in no table here is
unreadable, and so is what can be read in two ways: a wrong label is worse than one that the site is asked for.

Spellings: the clinical tables of TCGA-BRCA and of cBioPortal's breast cohorts, the CAP template for biomarkers of the
breast, NAACCR items 3850 to 3855 with SEER's codes of HER2 ISH (0 negative, 2 equivocal, 3 positive: a bare number is
a code in one registry and a dual-probe group in the next), and the words of reports in German, French, Spanish,
Italian, Portuguese, Dutch and Chinese.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import inf

Raw = str | int | float | None
"""A cell of a clinical table as it was read."""

MOST_COPIES, LARGEST_RATIO = 80.0, 40.0
"""HER2 copies per cell, and HER2/CEP17, beyond which a number is no measurement: sums over all counted cells and the
codes 88, 99 and 999 of missing values stand in such columns. Clusters are counted up to a few dozen copies."""


class Ish(StrEnum):
    """What an ISH test says by itself."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    OPEN = "open"


@dataclass(frozen=True)
class Range:
    """What a reported number can be: `2.1` is itself, `<4` all under 4, `>6` all over 6."""

    low: float
    high: float
    open_high: bool = False

    def meets(self, low: float, high: float) -> bool:
        """Whether some value of the range lies in [low, high)."""
        starts_before = self.low < high
        ends_after = self.high > low or (self.high == low and not self.open_high)
        return starts_before and ends_after


ABSENT = {
    *(
        "",
        "/",
        ".",
        "?",
        "na",
        "n/a",
        "n.a.",
        "n.a",
        "n a",
        "nan",
        "none",
        "<na>",
        "nat",
        "nd",
        "n.d.",
        "n d",
        "unknown",
        "missing",
        "pending",
        "unk",
    ),
    *("not available", "not evaluated", "not applicable", "not done", "not performed", "not tested", "not assessed"),
    *("not reported", "not recorded", "not determined", "not known", "no data", "no result", "not ordered", "untested"),
    *("unbekannt", "fehlend", "nicht durchgeführt", "nicht bestimmt", "nicht getestet", "ausstehend", "k.a.", "k a"),
    *("inconnu", "non fait", "non réalisé", "non disponible", "non effectué", "en attente"),
    *("desconocido", "no realizado", "no disponible", "pendiente", "non eseguito", "sconosciuto", "não realizado"),
    *("onbekend", "niet uitgevoerd", "niet bepaald", "未做", "未检测", "未测", "未查", "无", "不详", "未知", "待查"),
}
"""Cells that say that there is nothing."""

_ISH = {
    **dict.fromkeys(
        (
            *("positive", "pos", "amplified", "amplification", "amplification positive"),
            *("amplification present", "amplification detected", "high amplification", "highly amplified"),
            *("positive amplified", "amplified positive", "positive amplification", "positive for amplification"),
            *("positiv", "amplifiziert", "amplifikation", "amplifikation nachgewiesen", "positiv amplifiziert"),
            *("positif", "positieve", "positief", "amplifié", "amplifiée", "amplifie", "amplificado", "amplificada"),
            *("positivo", "positiva", "amplificato", "amplificazione", "amplificación", "amplificação"),
            *("geamplificeerd", "amplificatie", "阳性", "扩增", "有扩增", "基因扩增", "阳性 扩增"),
        ),
        Ish.POSITIVE,
    ),
    **dict.fromkeys(
        (
            *("negative", "neg", "not amplified", "non amplified", "nonamplified", "unamplified", "no amplification"),
            *("amplification negative", "amplification not detected", "no amplification detected", "not amplification"),
            *("amplification absent", "negative for amplification", "negative not amplified"),
            *("negative non amplified", "not amplified negative", "non amplified negative"),
            *("negativ", "nicht amplifiziert", "keine amplifikation", "negativ nicht amplifiziert", "unamplifiziert"),
            *("négatif", "negatif", "non amplifié", "non amplifiée", "non amplifie", "pas d amplification"),
            *("absence d amplification", "absence of amplification", "amplifikation nicht nachgewiesen"),
            *("negativo", "negativa", "no amplificado", "no amplificada", "sin amplificación", "não amplificado"),
            *("não amplificada", "sem amplificação", "non amplificato", "non amplificata", "assenza di amplificazione"),
            *(
                "negatief",
                "niet geamplificeerd",
                "geen amplificatie",
                "阴性",
                "无扩增",
                "未扩增",
                "不扩增",
                "阴性 无扩增",
            ),
        ),
        Ish.NEGATIVE,
    ),
    **dict.fromkeys(
        (
            *("equivocal", "indeterminate", "borderline", "inconclusive", "uncertain", "undetermined"),
            *("cannot be determined", "equivocal borderline", "grenzwertig", "unklar", "nicht eindeutig"),
            *("équivoque", "equivoque", "indéterminé", "equívoco", "indeterminado", "equivoco", "dubieus"),
            *("不确定", "可疑", "临界"),
        ),
        Ish.OPEN,
    ),
}

_SIGNS = {"+": Ish.POSITIVE, "-": Ish.NEGATIVE}
_AROUND = {("[", "]"), ("(", ")"), ('"', '"'), ("'", "'")}

_NULL = ("null", "no staining", "no membrane staining", "no stain", "keine färbung", "无着色")
_ULTRALOW = ("ultralow", "ultra low", "超低")
_IHC_WORDS = {**dict.fromkeys(_NULL, "null"), **dict.fromkeys(_ULTRALOW, "ultralow")}
_PLUSES = {"++": "2+", "+++": "3+"}
"""One plus alone is a score of 1+ at one hospital, and a positive result at the next."""
_NEGATIVE = {"negative", "neg", "negativ", "negativo", "négatif", "negatif", "negatief", "阴性"}
_BESIDE = {
    "0": {*_NULL, *_ULTRALOW, *_NEGATIVE, "zero"},
    "1+": {*_NEGATIVE, "low", "weak", "faint"},
    "2+": {"equivocal", "borderline", "indeterminate", "weak to moderate", "moderate", "grenzwertig", "équivoque"},
    "3+": {"positive", "pos", "positiv", "positivo", "positif", "positief", "阳性", "strong", "strongly positive"},
}
"""Words that may stand beside a score without contradicting it."""

_ASSAY = re.compile(
    r"\b(?:dd?ish|b?dish|[fcs]ish|ish|ihc|immunohistochemistry|herceptest|her-? ?2(?:/? ?neu)?|c?-?erbb-?2"
    r"|in situ hybridi[sz]ation|dual probe|single probe|gene|status|score|result|test|by|via|ergebnis|résultat)\b"
)
"""What a cell says besides its result."""

_GROUP = r"(?:d?ish|fish)? ?(?:dual probe )?(?:group|gruppe|groupe|grupo|gruppo|groep|组)"


def ihc_score(cell: Raw) -> str | None:
    """IHC score as 0, null, ultralow, 1+, 2+ or 3+; None where there is none.

    Raises
    ------
    KeyError where the cell is neither, or states two scores.
    """
    text = plain(cell)
    word = _words(_ASSAY.sub(" ", text))
    if word in _IHC_WORDS:
        return _IHC_WORDS[word]
    if is_dash(cell) or text in ABSENT:
        return None
    if text in _PLUSES:
        return _PLUSES[text]
    bare = re.sub(r"\b([0-3])\.0\b", r"\1", _ASSAY.sub(" ", text)).replace("zero", "0").strip(" :=,;")
    scores = re.findall(r"(?<![\d+.<>])(?:\+ ?)?([0-3])(?: ?\+)?(?![\d+.%])", bare)
    if len(scores) != 1 or "?" in bare or re.match(r"- ?\d", bare):
        raise KeyError(text)
    score = "0" if scores[0] == "0" else f"{scores[0]}+"
    beside = _words(re.sub(r"(?:\+ ?)?[0-3](?: ?\+)?", " ", bare, count=1))
    if beside and beside not in _BESIDE[score]:
        raise KeyError(text)
    return _IHC_WORDS.get(beside, score)


def ish_result(cell: Raw) -> tuple[Ish | None, int | None]:
    """A stated ISH result, or a dual-probe group that says that it is one (`group 3`); None twice without either.

    `+` and `-` are results; whether a column means results by its dashes is for `dashes_are_results`. A bare number
    is none: registries and hospitals code results by numbers, each in its own way.

    Raises
    ------
    KeyError where the cell says something else.
    """
    text = plain(cell)
    if text in ABSENT:
        return None, None
    if match := re.fullmatch(rf"{_GROUP} ?([1-5])(?:\.0)?", text):
        return None, int(match[1])
    bare = _ASSAY.sub(" ", text)
    sign = re.sub(r"[\s():=]", "", bare)
    if sign in _SIGNS:
        return _SIGNS[sign], None
    words = _words(bare)
    if "?" in bare:
        raise KeyError(text)
    return (None, None) if words in ABSENT - {""} else (_ISH[words], None)


def ish_group(cell: Raw) -> int | None:
    """Dual-probe group, from a column of groups; None where there is none.

    Raises
    ------
    KeyError where the cell is no group from 1 to 5.
    """
    text = plain(cell)
    if is_dash(cell) or text in ABSENT:
        return None
    match = re.fullmatch(rf"(?:{_GROUP})? ?([1-5])(?:\.0)?", text)
    if match is None:
        raise KeyError(text)
    return int(match[1])


def names_groups(column: str) -> bool:
    """Whether a column's name says that its numbers are dual-probe groups."""
    return re.search(r"gro?u?pp?|groep|组", column.lower()) is not None


def dashes_are_results(cells: Iterable[Raw]) -> bool:
    """Whether a dash in a column of ISH results says negative: where a plus stands for positive beside it.

    Elsewhere a dash is as likely the sign of a test that was not done.
    """
    return any(plain(cell) == "+" for cell in cells)


def is_dash(cell: Raw) -> bool:
    """Whether a cell holds nothing but dashes."""
    return re.fullmatch(r"-+", plain(cell)) is not None


def measurement(cell: Raw, most: float) -> Range | None:
    """A measured number, with `<` and `>` as it was reported; None where there is none.

    Parameters
    ----------
    cell : as it was read
    most : largest that is a measurement (`MOST_COPIES`, `LARGEST_RATIO`)

    Raises
    ------
    KeyError where the cell says something else, or a number that nobody measures: 0, or more than `most`.
    """
    text = plain(cell)
    if is_dash(cell) or text in ABSENT:
        return None
    match = re.fullmatch(r"([<>]?) ?(=?) ?(\d+(?:[.,]\d+)?)", text.replace("≥", ">=").replace("≤", "<="))
    if match is None:
        raise KeyError(text)
    sign, or_equal, number = match[1], bool(match[2]), float(match[3].replace(",", "."))
    if not 0 < number <= most:
        raise KeyError(text)
    if sign == "<":
        return Range(-inf, number, open_high=not or_equal)
    return Range(number, inf if sign == ">" else number)


def plain(cell: Raw) -> str:
    """A cell in one form: lower case, one kind of dash and of sign, no brackets about the whole, single spaces."""
    text = "" if cell is None else unicodedata.normalize("NFKC", str(cell))
    text = re.sub("[‐‑‒–—―−]", "-", text).casefold().replace("_", " ")
    text = " ".join(text.split())
    while len(text) > 1 and (text[0], text[-1]) in _AROUND:
        text = text[1:-1].strip()
    return text


def _words(text: str) -> str:
    """The words of a text, without what stands between them."""
    return " ".join(re.sub(r"[^\w]", " ", text).split())
