"""Which mask outlines what: roles by the segments' labels, one lesion, one reader."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from client.imaging.ingest.frame import MaskObject, Segment
from client.imaging.ingest.mapping import Mapping, Role
from shared.errors import Code, MrfedError

_TUMOUR = (
    r"tum(ou?r|eur|ore)\w*|tumoren\w*|neoplas\w*|malig\w*|cancer\w*|carcino\w*|karzinom\w*|krebs\w*|blastom\w*"
    r"|lesi\w*|lezyon\w*|laesi\w*|lasi\w*|herd\w*|raumforderung\w*|knoten|nodul\w*|mass(es|e|a|a)?|masa|target|enhancing"
    r"|gtv(?!n)\w*|idc|dcis|ilc|guz\w*|zmian\w*|nowotw\w*|nador\w*|kasvain\w*|svulst\w*|gezwel\w*|tumor\w*"
    r"|опухол\w*|очаг\w*|новообраз\w*|ογκο\w*|ورم|آفة"
)
_TUMOUR_WITHOUT_SPACES = "肿瘤|腫瘤|腫瘍|瘤|病灶|病变|病変|肿块|腫塊|癌|종양|병변|종괴|암"
_BREAST = r"breast\w*|fibroglandular|fgt|brust\w*|mamma\w*|sein|seno|mama|pecho|грудь|乳腺|乳房|유방"
_ROLES = (
    (Role.VOI, r"\bvoi\b|\bregion of interest\b|\bbox\b"),
    (Role.TUMOUR, rf"\b({_TUMOUR})\b|{_TUMOUR_WITHOUT_SPACES}"),
    (Role.CONTRALATERAL_FIBROGLANDULAR, r"contralateral.*(fibroglandular|fgt)|(fibroglandular|fgt).*contralateral"),
    (Role.BREAST, rf"\b({_BREAST})\b|乳腺|乳房|유방"),
)
"""As radiologists write them in the languages of Europe and East Asia, accents left out."""


@dataclass(frozen=True)
class Outline:
    """One mask of one reader."""

    source: MaskObject
    segment: Segment
    role: Role

    @property
    def reader(self) -> str:
        """Who drew it; empty where the header does not say."""
        return self.source.reader


def outlines(masks: Sequence[MaskObject], mapping: Mapping) -> list[Outline]:
    """All masks whose role is known, by the mapping file or by their labels.

    A single mask whose label says nothing outlines the tumour: that is what single masks are drawn for.
    """
    drawn = []
    every = [(mask, segment) for mask in masks for segment in mask.segments]
    for mask, segment in every:
        declared = mapping.role_of((segment.label, mask.description))
        role = declared or _role(segment.label)
        if role is None and len(every) == 1:
            role = Role.TUMOUR
        if role is not None and role != "ignore":
            drawn.append(Outline(mask, segment, Role(role)))
    return drawn


def readers(drawn: Sequence[Outline]) -> tuple[str, ...]:
    """Who drew tumours, sorted."""
    return tuple(sorted({outline.reader for outline in drawn if outline.role is Role.TUMOUR}))


def choose(
    drawn: Sequence[Outline],
    mapping: Mapping,
    patient: str,
    reader: str | None = None,
    used: Sequence[frozenset[str]] = (),
) -> dict[Role, Outline]:
    """The one mask of each role.

    Parameters
    ----------
    drawn : all masks with roles
    mapping : names the reader and, for a patient with several lesions, the one whose HER2 was sampled
    reader : whose tumour masks are wanted, instead of the mapping's
    used : sets of series that the study uses, the one on whose grid everything ends first: of one lesion drawn on
        several series, the mask on the first of these is taken

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where several readers or lesions are there and none was named; (DATA_MISSING) where
    the one that was named is not there.
    """
    by_role: dict[Role, list[Outline]] = defaultdict(list)
    for outline in drawn:
        by_role[outline.role].append(outline)
    wanted = reader if reader is not None else mapping.reader
    if wanted is not None and by_role[Role.TUMOUR]:
        drawn_by = readers(by_role[Role.TUMOUR])
        by_role[Role.TUMOUR] = [outline for outline in by_role[Role.TUMOUR] if outline.reader == wanted]
        if not by_role[Role.TUMOUR]:
            raise MrfedError(
                Code.DATA_MISSING,
                f"patient {patient}: no mask of the tumour by {wanted}; there are masks by "
                f"{', '.join(name or 'nobody named' for name in drawn_by)}; correct the mapping file (reader)",
            )
    drawn_by = readers(by_role[Role.TUMOUR])
    if len(drawn_by) > 1:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"patient {patient}: {len(drawn_by)} readers drew the tumour ({', '.join(drawn_by)}); "
            "name the reader to use in the mapping file (reader)",
        )
    lesion = mapping.patient(patient).lesion
    if lesion is not None:
        labels = sorted({outline.segment.label for outline in by_role[Role.TUMOUR]})
        by_role[Role.TUMOUR] = [outline for outline in by_role[Role.TUMOUR] if outline.segment.label == lesion]
        if labels and not by_role[Role.TUMOUR]:
            raise MrfedError(
                Code.DATA_MISSING,
                f"patient {patient}: no tumour is labelled {lesion!r} ({', '.join(labels)}); correct the mapping file "
                "(patients.ID.lesion)",
            )
    return {role: _only(_drawn_on(several, used), patient) for role, several in by_role.items() if several}


def _drawn_on(several: Sequence[Outline], used: Sequence[frozenset[str]]) -> Sequence[Outline]:
    """Of masks of one lesion, those that were drawn on the series that are used, where there are any."""
    if len({outline.segment.label for outline in several}) > 1:
        return several
    for series in used:
        if referring := [outline for outline in several if not series.isdisjoint(outline.source.referenced_series)]:
            return referring
    return several


def _only(several: Sequence[Outline], patient: str) -> Outline:
    if len(several) == 1:
        return several[0]
    labels = ", ".join(sorted({f"{outline.segment.label} in {outline.source.path}" for outline in several}))
    remedy = (
        "name the lesion whose HER2 was sampled in the mapping file (patients.ID.lesion), or let it ignore the others "
        "(masks)"
        if len({outline.segment.label for outline in several}) > 1
        else "they have one label: keep the file that holds, or let the mapping file ignore the others by the "
        "description of their series (masks)"
    )
    raise MrfedError(
        Code.DATA_INCONSISTENT, f"patient {patient}: {len(several)} masks of the {several[0].role} ({labels}); {remedy}"
    )


def _role(label: str) -> Role | None:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", label) if not unicodedata.combining(sign))
    # NFKD takes Korean syllables apart as well: the words are searched in both forms
    words = re.sub(r"[\W_]+", " ", f"{plain} {unicodedata.normalize('NFC', label)}").casefold()
    return next((role for role, pattern in _ROLES if re.search(pattern, words)), None)
