"""Lesions as radiologists call them."""

import pytest

from client.imaging.ingest.frame import MaskObject, Segment
from client.imaging.ingest.mapping import Mapping, Role
from client.imaging.ingest.outline import choose, outlines
from shared.errors import MrfedError


def mask(*labels: str, path: str = "a.dcm", series: tuple[str, ...] = (), reader: str = "") -> MaskObject:
    segments = tuple(Segment(number, label) for number, label in enumerate(labels, start=1))
    return MaskObject(path, "P1", "1", path, path, "SEG", "", reader, series, "", segments)


def role(label: str) -> Role | None:
    """The role of a label that is not the only one."""
    found = outlines([mask(label, "something else")], Mapping())
    return found[0].role if found else None


@pytest.mark.parametrize(
    "label",
    [
        "GTV", "GTVp", "gtv_1", "GTV-T", "Tumor", "Tumour1", "TUMEUR", "tumore", "Lesion 2", "lesion_left", "Läsion",
        "La\u0308sion", "Laesion", "LÄSIONEN", "lésion", "Lesión", "Mass", "masse", "Karzinom", "Brustkrebs Herd",
        "carcinoma", "cáncer", "nódulo", "IDC", "DCIS", "Raumforderung", "guz", "nádor", "опухоль", "очаг", "όγκος",
        "肿瘤", "病灶1", "左乳肿块", "腫瘍", "病変", "종양", "병변", "enhancing_lesion",
    ],
)  # fmt: skip
def test_the_tumour(label: str) -> None:
    assert role(label) is Role.TUMOUR


@pytest.mark.parametrize("label", ["GTVn", "liver", "massage", "skin", "Lunge", "classmate", "lymph node", "心脏"])
def test_other_words(label: str) -> None:
    assert role(label) is None


@pytest.mark.parametrize("label", ["Breast", "Brust links", "sein", "乳腺", "FGT"])
def test_the_breast(label: str) -> None:
    assert role(label) is Role.BREAST


def test_of_one_lesion_on_two_series_that_on_the_series_in_use() -> None:
    on_dce, on_t2 = mask("GTV", path="dce.dcm", series=("dce",)), mask("GTV", path="t2.dcm", series=("t2",))
    found = outlines([on_t2, on_dce], Mapping())
    for lesion in (Mapping(), Mapping.model_validate({"patients": {"P1": {"lesion": "GTV"}}})):
        used = (frozenset({"dce", "dce 2"}), frozenset({"t2"}))
        assert choose(found, lesion, "P1", used=used)[Role.TUMOUR].source is on_dce
        assert choose(found, lesion, "P1", used=used[::-1])[Role.TUMOUR].source is on_t2
    with pytest.raises(MrfedError, match="they have one label"):
        choose(found, Mapping(), "P1")


def test_who_and_what_is_not_there_is_listed() -> None:
    found = outlines([mask("Lesion 1", "Lesion 2", reader="Ann")], Mapping())
    with pytest.raises(MrfedError, match=r"no tumour is labelled 'GTV' \(Lesion 1, Lesion 2\)"):
        choose(found, Mapping.model_validate({"patients": {"P1": {"lesion": "GTV"}}}), "P1")
    with pytest.raises(MrfedError, match="no mask of the tumour by Ben; there are masks by Ann"):
        choose(found, Mapping(reader="Ben"), "P1")
