"""The page of what leaves a site, made from the declarations; `python -m shared.contract.page FILE` writes it."""

import sys
from pathlib import Path

from shared.contract.disclosure import Least
from shared.contract.exchange import Exchange
from shared.contract.quantity import Axis, Quantity, Way
from shared.contract.registry import EXCHANGES, PARTS, VERSION
from shared.contract.words import parts
from shared.files import durable_file

_INTRODUCTION = f"""# What leaves a hospital

This page is made from the program itself (`make docs-contract`), and a test keeps it so: a hospital's program refuses
to send anything that is not on it. Version of the contract: {VERSION}.

A study is a sequence of *exchanges*. In each the coordinator asks all hospitals one question, and every hospital
answers with the quantities below and nothing else. No quantity has a place for single patients: whatever leaves is a
sum, a count or a measure over many. Images, masks, tables and identifiers never leave. `mrfed-site approve STUDY`
shows which of these exchanges a study has, and with how many numbers, before the hospital says yes.

Who can read a quantity:

- **only the sum**: the hospital adds a mask to every number, a random number that other hospitals take off again.
  What arrives means nothing until the answers of all hospitals are added; then all learn the sum over all patients of
  all hospitals, and nobody what this hospital added. Where a study leaves whole hospitals out in turn, two sums
  differ by one hospital: it has to declare that (`privacy.site_sums: derivable`), and the hospital has to accept it.
  A study that sets `privacy.masked: false` sends all of it readable; the policy of a hospital refuses that unless it
  says why.
- **all, as this hospital's own**: it travels like a sum, but no other hospital adds to its place, so that the
  coordinator and all hospitals read what this hospital put there.
- **the coordinator**: readable, and of this hospital alone. Counts under the study's minimum of patients are hidden.

The column *patients* says over whom a quantity sums: all patients together, or apart by what is named there. Before
the first sum leaves, the hospital's program works out the smallest group of its patients that all sums of the study
could tell apart, and holds it against the hospital's policy. Numbers over many patients can still tell of single ones
where there are nearly as many numbers as patients; what is done against that, and what is not, stands in [the threat
model](threat-model.md).
"""


def page() -> str:
    """The whole page, as Markdown."""
    sections = "\n".join(_section(exchange) for exchange in (*EXCHANGES, *PARTS))
    return f"{_INTRODUCTION}\n## The exchanges, in order\n\n{sections}"


def _section(exchange: Exchange) -> str:
    often = " It is repeated, up to a number of times that the study file sets." if exchange.numbered else ""
    lines = [f"### `{exchange.step}`", "", f"{exchange.purpose} Asked by: {exchange.whose}.{often}", ""]
    if exchange.quantities:
        lines += ["| what leaves | numbers | unit | read by | patients |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(quantity) for quantity in exchange.quantities]
        lines.append("")
    if exchange.texts:
        lines += ["Words, readable by the coordinator:", ""]
        lines += [f"- `{text.name}`: {text.words}" for text in exchange.texts]
        lines.append("")
    axes: dict[str, Axis] = {axis.name: axis for quantity in exchange.quantities for axis in quantity.axes}
    if axes:
        lines += ["Here a number is for each of", ""]
        lines += [f"- *{name}*: {axis.words}" for name, axis in axes.items()]
        lines.append("")
    if not exchange.quantities and not exchange.texts:
        lines += ["Nothing leaves.", ""]
    return "\n".join(lines)


def _row(quantity: Quantity) -> str:
    size = " × ".join(axis.name for axis in quantity.axes) or "one"
    cells = (f"`{quantity.name}`: {quantity.words}", size, quantity.unit, _readers(quantity), _patients(quantity))
    return f"| {' | '.join(cells)} |"


def _readers(quantity: Quantity) -> str:
    match quantity.way:
        case Way.MASKED:
            return "only the sum"
        case Way.JOINED:
            return "all, as this hospital's own"
        case Way.CLEAR:
            return "the coordinator; an aggregate is told to all" if quantity.broadcast else "the coordinator"
        case Way.DERIVABLE:
            return "the coordinator, only where `site_sums: derivable`"


def _patients(quantity: Quantity) -> str:
    hidden = "; hidden under the minimum" if quantity.least is Least.SHOWN else ""
    return f"{parts(quantity)}{hidden}"


if __name__ == "__main__":
    durable_file.write(Path(sys.argv[1]), page().encode())
