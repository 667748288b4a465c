"""Records of the prepared patients of one scanner, which may change at a day."""

import numpy as np

from client.preparation.record import Record


def records(patients=40, scanner="ACME One 3 T", upgrade=None, change=None):
    rng = np.random.default_rng(0)
    kept = []
    for number in range(patients):
        noise = 30 + rng.normal() - (8 if change is not None and number >= change else 0)
        kept.append(
            Record(
                key="k",
                patient=f"P{number:02d}",
                scanner=scanner,
                software="A" if upgrade is None or number < upgrade else "B",
                examined=f"2025{1 + number // 28:02d}{1 + number % 28:02d}",
                features={"early.tumour.Mean": rng.normal(), "early.tumour.Energy": rng.normal()},
                findings={"signal_to_noise": noise, "register.phase_2.displacement_mm": 1.0},
            )
        )
    return kept
