"""Write docs/validation-maps.md: every model on simulated noise beside scipy, and on the published references.

Run as `python -m tests.validation.maps` (`make validate-maps`). All numbers come from the run.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from client.imaging.maps.arterial_input import georgiou, parker
from client.imaging.maps.extended_tofts import extended_tofts
from client.imaging.maps.extended_tofts_linear import extended_tofts_linear
from client.imaging.maps.ivim import ivim
from client.imaging.maps.ivim_segmented import ivim_segmented
from client.imaging.maps.t1 import t1_fit
from client.imaging.maps.tofts import tofts
from tests.conftest import REAL_DATA
from tests.validation.map_cases.all import CASES
from tests.validation.map_cases.case import ModelCase

PAGE = Path("docs/validation-maps.md")
VOXELS = 400
SNRS = (20, 50)


@dataclass(frozen=True)
class Comparison:
    """Bias, spread and root mean square error of one parameter, ours and scipy's, on the same voxels."""

    parameter: str
    unit: str
    snr: float
    ours: tuple[float, float, float]
    theirs: tuple[float, float, float]
    left_out: float
    """Share of voxels where either gives no number; none of the statistics uses them."""

    @property
    def ratio(self) -> float:
        """Our root mean square error over scipy's."""
        return self.ours[2] / self.theirs[2]


def _statistics(error: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(error.mean()), float(error.std()), float(np.sqrt(np.mean(error**2)))


def compare(case: ModelCase, snr: float, voxels: int, seed: int = 1) -> Iterator[Comparison]:
    """Fit the same noisy voxels both ways."""
    rng = np.random.default_rng(seed)
    truth = case.truth(rng, voxels)
    noisy = case.noisy(case.clean(truth), snr, rng)
    ours, theirs = case.ours(noisy), case.scipy_fit(noisy)
    for column, parameter in enumerate(case.parameters):
        our_error = np.asarray(ours[parameter.name], dtype=np.float64) - truth[:, column]
        their_error = theirs[:, column] - truth[:, column]
        both = np.isfinite(our_error) & np.isfinite(their_error)
        yield Comparison(
            parameter.name,
            parameter.unit,
            snr,
            _statistics(our_error[both]),
            _statistics(their_error[both]),
            float(1 - both.mean()),
        )


def _noise_table() -> Iterator[str]:
    headings = (
        "model | parameter | SNR | bias | spread | RMSE | scipy bias | scipy spread | scipy RMSE | ratio | left out"
    )
    yield f"| {headings} |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for case in CASES:
        for snr in SNRS:
            for one in compare(case, snr, VOXELS):
                numbers = " | ".join(f"{value:.3g}" for value in (*one.ours, *one.theirs))
                unit = "" if one.unit == "1" else f" ({one.unit})"
                yield (
                    f"| {case.name} | {one.parameter}{unit} | {snr} | {numbers} | {one.ratio:.3f} | "
                    f"{100 * one.left_out:.1f} % |"
                )


def _notes() -> Iterator[str]:
    for case in CASES:
        if case.note:
            yield f"- {case.name}: {case.note}."


def _ivim_table(folder: Path) -> Iterator[str]:
    cases = json.loads((folder / "generic.json").read_text())
    b = np.array(json.loads((folder / "b_values.json").read_text())["original"])
    yield "| tissue | f | full | segmented | D (10⁻³ mm²/s) | full | segmented | D* (10⁻³ mm²/s) | full | segmented |"
    yield "| --- |" + " ---: |" * 9
    for name, case in cases.items():
        if name == "config":
            continue
        signal = np.array(case["data"])[None]
        full, parts = ivim(signal, b), ivim_segmented(signal, b)
        yield (
            f"| {name} | {case['f']} | {full.f[0]:.3f} | {parts.f[0]:.3f} "
            f"| {1e3 * case['D']:.2f} | {1e3 * full.d[0]:.3f} | {1e3 * parts.d[0]:.3f} "
            f"| {1e3 * case['Dp']:.1f} | {1e3 * full.d_star[0]:.1f} | {1e3 * parts.d_star[0]:.1f} |"
        )


def _numbers(text: str) -> NDArray[np.float64]:
    return np.array(text.split(), dtype=float)


@dataclass(frozen=True)
class Reference:
    """How far one quantity is from a published reference, as a share of the reference's own tolerance."""

    source: str
    cases: int
    worst: float

    def row(self) -> str:
        """Row of the table."""
        verdict = "yes" if self.worst <= 1 else "NO"
        return f"| {self.source} | {self.cases} | {self.worst:.2g} | {verdict} |"


def _kinetic_references(folder: Path) -> Iterator[Reference]:
    def worst(file: str, fit: object, names: dict[str, str]) -> Iterator[Reference]:
        cases = pd.read_csv(folder / file)
        tolerance = {"ktrans": (0.005, 0.1), "v_e": (0.05, 0.0), "v_p": (0.025, 0.0)}
        errors: dict[str, list[float]] = {name: [] for name in names}
        for case in cases.itertuples():
            found = fit(_numbers(case.C)[None], _numbers(case.t), _numbers(case.ta), _numbers(case.ca))
            for name, column in names.items():
                expected = getattr(case, column)
                allowed = tolerance[name][0] + tolerance[name][1] * expected
                errors[name].append(abs(float(found[name][0]) - expected) / allowed)
        for name, values in errors.items():
            yield Reference(f"{file.removesuffix('.gz')}: {name}", len(values), max(values))

    def fields(model: object) -> object:
        return lambda *curve: vars(model(*curve))

    def linear(*curve: NDArray[np.float64]) -> dict[str, NDArray[np.float32]]:
        return dict(zip(("ktrans", "v_e", "v_p"), extended_tofts_linear(*curve), strict=False))

    yield from worst("dce_DRO_data_tofts.csv.gz", fields(tofts), {"ktrans": "Ktrans", "v_e": "ve"})
    extended = {"ktrans": "Ktrans", "v_e": "ve", "v_p": "vp"}
    yield from worst("dce_DRO_data_extended_tofts.csv", fields(extended_tofts), extended)
    for one in worst("dce_DRO_data_extended_tofts.csv", linear, extended):
        yield Reference(f"{one.source} (linear)", one.cases, one.worst)


def _t1_references(folder: Path) -> Iterator[Reference]:
    for file, per_s in (("t1_brain_data.csv", 1), ("t1_quiba_data.csv", 1000)):
        errors = []
        for case in pd.read_csv(folder / file).itertuples():
            t1_ms = t1_fit(_numbers(case.s)[None], tuple(_numbers(case.FA)), 1000 * _numbers(case.TR)[0]).t1_ms[0]
            errors.append(abs(1000 / t1_ms - case.R1 * per_s) / (0.05 + 0.05 * case.R1 * per_s))
        yield Reference(f"{file}: R1", len(errors), max(errors))


def _arterial_references(folder: Path) -> Iterator[Reference]:
    for file, curve in (
        ("ParkerAIF_ref.csv", parker),
        ("ParkerAIF_ref_with_delay.csv", parker),
        ("GeorgiouAIF_ref.csv", georgiou),
    ):
        table = pd.read_csv(folder / file)
        delay = table.get("delay", 0.0)
        difference = np.abs(curve((table["time"] * 60 - delay).to_numpy()) - table["Cb"])
        yield Reference(f"{file}: concentration", len(table), float((difference / (1e-4 + 0.01 * table["Cb"])).max()))


def page() -> Iterator[str]:
    """Lines of the page."""
    yield "# Validation of the quantitative maps"
    yield ""
    yield "Written by `make validate-maps`; every number is from that run. The tests hold the same limits."
    yield ""
    yield "## Simulated noise, beside scipy"
    yield ""
    yield (
        f"{VOXELS} simulated voxels a model, parameters uniform over a tissue's range; Rician noise on magnitudes "
        "(SNR of the largest signal), Gaussian on concentrations (SNR of their peak). scipy is `curve_fit` of the "
        "same equation on the same voxels, within the same bounds and scaled by its Jacobian, unless noted. "
        "*Ratio* is our root mean square error over scipy's; *left out* are voxels where either gives no number: "
        "D*, K or a cell's diameter at its bounds, or where nothing flows, since the data do not determine it there."
    )
    yield ""
    yield from _notes()
    yield ""
    yield from _noise_table()
    if (REAL_DATA / "osipi_dce").is_dir():
        yield ""
        yield "## OSIPI: tracer kinetics, T1, arterial input"
        yield ""
        yield "Largest deviation as a share of OSIPI's own tolerance; up to 1 is inside."
        yield ""
        yield "| reference | cases | largest deviation | inside |"
        yield "| --- | ---: | ---: | --- |"
        for source in (_kinetic_references, _t1_references, _arterial_references):
            for reference in source(REAL_DATA / "osipi_dce"):
                yield reference.row()
    if (REAL_DATA / "osipi_ivim").is_dir():
        yield ""
        yield "## OSIPI: IVIM in 14 tissues"
        yield ""
        yield (
            "True value, full non-linear fit, segmented fit (split at b = 200 s/mm²). The segmented fit takes slow "
            "perfusion for diffusion: f is low and D* high where D* is small."
        )
        yield ""
        yield from _ivim_table(REAL_DATA / "osipi_ivim")


def main() -> None:
    """Write the page."""
    text = "\n".join(page()) + "\n"
    partial = PAGE.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, PAGE)


if __name__ == "__main__":
    main()
