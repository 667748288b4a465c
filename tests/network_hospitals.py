"""Three hospitals with ready pictures of synthetic lesions, and a small network study of them."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from client.site.site_file import Columns, Data, Site
from shared.privacy.policy import Policy
from shared.sections.federation import Federation
from shared.sections.governance import Governance
from shared.sections.harmonization import Covariate, Harmonization, LeftOutSite, Method
from shared.sections.learning import Evaluation
from shared.sections.network import Augmentation, Input, LocalTraining, Network, SmallCnn
from shared.sections.privacy import Privacy, SiteSums
from shared.sections.question import Question
from shared.study.study import Study

CHANNELS = ("before", "early", "late")
EDGE = 40


def pictures(folder: Path, patients: int, seed: int, effect: float = 60.0) -> Site:
    """A site whose HER2-low lesions have stripes in the early phase, of `effect` grey levels."""
    random = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    for index in range(patients):
        low = index % 2 == 1
        image = random.normal(90, 20, (EDGE, EDGE, 3))
        x, y, width, height = random.integers(4, 14), random.integers(4, 14), 18, 14
        stripes = np.where(np.arange(width) // 4 % 2, effect, -effect)
        image[y : y + height, x : x + width, 1] += 30 + stripes * low
        name = f"images/{index:03d}.png"
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / name)
        box = {"bbox_x": x, "bbox_y": y, "bbox_w": width, "bbox_h": height}
        other = {"age": int(random.integers(30, 80)), "early.tumour.energy": random.normal(4e7, 3e6)}
        rows.append({"patient": f"p{index:03d}", "file": name, **box, "ihc": "1+" if low else "0", **other})
    pd.DataFrame(rows).to_csv(folder / "index.csv", index=False)
    return Site(
        name=folder.name,
        data=Data(images=folder / "index.csv"),
        columns=Columns(ihc="ihc"),
        workspace=folder / "workspace",
        policy=Policy(minimum_patients=2, masked_only=False, reason="synthetic"),
    )


def hospitals(folder: Path, *, effect: float = 60.0, patients: int = 10) -> list[Site]:
    """Three of them, of different size."""
    names = enumerate(("alpha", "beta", "gamma"))
    return [pictures(folder / name, patients + 4 * seed, seed, effect) for seed, name in names]


def network_study(
    network: dict[str, Any] | None = None, training: dict[str, Any] | None = None, **others: Any
) -> Study:
    """Folds of two, every site left out once; a small CNN over three rounds unless said otherwise."""
    settings: dict[str, Any] = {
        "input": Input(channels=CHANNELS, size=(12, 12)),
        "architecture": SmallCnn(width=4),
        "training": LocalTraining(
            **{
                "rounds": 3,
                "batch_size": 8,
                "learning_rate": 0.05,
                "augmentation": Augmentation(flips=False),
                **(training or {}),
            }
        ),
        **(network or {}),
    }
    return Study(
        **{
            "name": "three-networks",
            "title": "Three synthetic sites with pictures",
            "question": Question(endpoint="her2-zero-vs-low", patients="simulated"),  # type: ignore[arg-type]
            "governance": Governance(ethics="none needed", data_use="synthetic", expires=date(2099, 12, 31)),
            "harmonization": Harmonization(
                method=Method.NONE,
                left_out_site=LeftOutSite.RAW,
                covariates=(Covariate(column="age", kind="continuous"),),
            ),
            "network": Network.model_validate(settings),
            "evaluation": Evaluation(folds=2),
            "privacy": Privacy(site_sums=SiteSums.DERIVABLE, minimum_patients=2),
            "federation": Federation(sites=("alpha", "beta", "gamma"), quorum=2, deadline_s=5),
            **others,
        }
    )
