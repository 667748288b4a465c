"""The page of what leaves is that of the declarations."""

from pathlib import Path

from shared.contract.page import page
from shared.contract.registry import EXCHANGES, PARTS

PAGE = Path(__file__).parents[3] / "docs" / "contract.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "declarations have changed: run make docs-contract"


def test_every_quantity_and_word_is_on_it_and_every_axis_is_explained_where_it_stands() -> None:
    sections = {part.split("`", 1)[0]: part for part in page().split("### `")[1:]}
    for exchange in (*EXCHANGES, *PARTS):
        section = sections[str(exchange.step)]
        assert all(f"`{one.name}`: {one.words}" in section for one in (*exchange.quantities, *exchange.texts))
        assert all(f"- *{axis.name}*: {axis.words}" in section for one in exchange.quantities for axis in one.axes)


def test_an_axis_has_one_meaning_within_an_exchange() -> None:
    for exchange in EXCHANGES:
        axes = {(axis.name, axis.words) for one in exchange.quantities for axis in one.axes}
        assert len(axes) == len({name for name, _ in axes}), exchange.step
