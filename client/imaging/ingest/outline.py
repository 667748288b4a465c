"""Which mask outlines what: roles by the segments' labels, one lesion, one reader."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from client.imaging.ingest.frame import MaskObject, Segment
from client.imaging.ingest.mapping import Mapping, Role
from shared.errors import Code, MrfedError

_ROLES = (
    (Role.VOI, r"\bvoi\b|\bregion of interest\b|\bbox\b"),
    (Role.TUMOUR, r"tumou?r|lesion|mass|cancer|carcinoma|neoplas|malignan|\bgtv\b|\btarget\b|enhancing"),
    (Role.CONTRALATERAL_FIBROGLANDULAR, r"contralateral.*(fibroglandular|fgt)|(fibroglandular|fgt).*contralateral"),
    (Role.BREAST, r"breast|fibroglandular|\bfgt\b"),
)


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
    found = []
    every = [(mask, segment) for mask in masks for segment in mask.segments]
    for mask, segment in every:
        declared = mapping.role_of((segment.label, mask.description))
        role = declared or _role(segment.label)
        if role is None and len(every) == 1:
            role = Role.TUMOUR
        if role is not None and role != "ignore":
            found.append(Outline(mask, segment, Role(role)))
    return found


def readers(found: Sequence[Outline]) -> tuple[str, ...]:
    """Who drew tumours, sorted."""
    return tuple(sorted({one.reader for one in found if one.role is Role.TUMOUR}))


def choose(found: Sequence[Outline], mapping: Mapping, patient: str, reader: str | None = None) -> dict[Role, Outline]:
    """The one mask of each role.

    Parameters
    ----------
    found : all masks with roles
    mapping : names the reader and, for a patient with several lesions, the one whose HER2 was sampled
    reader : whose tumour masks are wanted, instead of the mapping's

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where several readers or lesions are there and none was named.
    """
    by_role: dict[Role, list[Outline]] = defaultdict(list)
    for one in found:
        by_role[one.role].append(one)
    wanted = reader if reader is not None else mapping.reader
    if wanted is not None and by_role[Role.TUMOUR]:
        by_role[Role.TUMOUR] = [one for one in by_role[Role.TUMOUR] if one.reader == wanted]
    drawn_by = readers(by_role[Role.TUMOUR])
    if len(drawn_by) > 1:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"patient {patient}: {len(drawn_by)} readers drew the tumour ({', '.join(drawn_by)}); "
            "name the reader to use in the mapping file",
        )
    lesion = mapping.patient(patient).lesion
    if lesion is not None:
        by_role[Role.TUMOUR] = [one for one in by_role[Role.TUMOUR] if one.segment.label == lesion]
    return {role: _only(several, patient) for role, several in by_role.items() if several}


def _only(several: Sequence[Outline], patient: str) -> Outline:
    if len(several) == 1:
        return several[0]
    labels = ", ".join(sorted({f"{one.segment.label} in {one.source.path}" for one in several}))
    raise MrfedError(
        Code.DATA_INCONSISTENT,
        f"patient {patient}: {len(several)} masks of the {several[0].role} ({labels}); name the lesion whose HER2 "
        "was sampled in the mapping file (patients.ID.lesion), or let it ignore the others",
    )


def _role(label: str) -> Role | None:
    words = re.sub(r"[\W_]+", " ", label).lower()
    return next((role for role, pattern in _ROLES if re.search(pattern, words)), None)
