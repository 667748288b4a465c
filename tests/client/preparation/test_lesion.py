"""From exports to what a network sees: volumes kept around the lesion, and crops of them."""

import numpy as np
import pandas as pd
import pytest

from client.cohort.table import Table
from client.cohort.table import load as load_table
from client.networks import cohort
from client.networks.crop import crop
from client.preparation import lesion
from client.preparation.lesion import Lesion
from client.preparation.paths import feature_table, prepared_folder
from client.preparation.prepare import Outcome, prepare
from client.site.site_file import Columns, Data, Site
from shared.errors import Code, MrfedError
from shared.sections.network import Input
from shared.study.study import Study
from tests.small_hospital import study, tumour, write_patient

CHANNELS = ("before", "early", "percent_enhancement")
PATIENTS = ("P1", "P2", "P3")


def asked(size: tuple[int, ...] = (12, 12, 12), **seen: object) -> Study:
    network = {
        "input": {"channels": CHANNELS, "size": size, "dimensions": "3d", "intensity": "raw", **seen},
        "architecture": {"name": "small_cnn"},
    }
    imaging = {"sequences": ["dce"], "images": ["before", "early"], "phases": {"early_s": 60, "late_s": 200}}
    return study(network=network, imaging=imaging, radiomics=None, harmonization={"method": "none"})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("hospital")
    for number, patient in enumerate(PATIENTS, start=1):
        write_patient(folder / "in" / str(number), patient, seed=number)
    pd.DataFrame({"patient": PATIENTS, "ihc": ["0", "1+", "0"]}).to_csv(folder / "clinical.csv", index=False)
    data = Data(dicom=folder / "in", clinical=folder / "clinical.csv")
    return Site(name="here", data=data, columns=Columns(ihc="ihc"), workspace=folder / "workspace")


@pytest.fixture(scope="module")
def outcome(site: Site) -> Outcome:
    return prepare(site, asked())


def kept(site: Site) -> dict[str, Lesion]:
    records = sorted((prepared_folder(site, asked()) / "patients").glob("*.json"))
    return {path.stem: lesion.load(lesion.beside(path), path.stem) for path in records}


def table(site: Site) -> Table:
    return load_table(site, asked(), feature_table(site, asked()))


@pytest.mark.slow
def test_prepare_keeps_the_channels_around_the_lesion(site: Site, outcome: Outcome) -> None:
    assert outcome.patients == 3
    for record in kept(site).values():
        assert record.names == CHANNELS
        assert record.inside.sum() == tumour().sum()
        assert record.spacing_mm == (2.0, 1.0, 1.0)
        early, percent = record.channels[1][record.inside], record.channels[2][record.inside]
        assert early.mean() > 1.8 * record.channels[0][record.inside].mean(), "the tumour enhances"
        assert 140 < percent.mean() < 160


@pytest.mark.parametrize(
    "seen",
    [
        {"dimensions": "2d", "size": (12, 12)},
        {"dimensions": "2.5d", "size": (12, 12)},
        {"dimensions": "3d", "size": (12, 12, 12)},
        {"dimensions": "3d", "size": (12, 12, 12), "margin": 0.5},
        {"dimensions": "2d", "size": (16, 16), "extent_mm": 9.0},
    ],
    ids=lambda one: "-".join(map(str, one.values())),
)
@pytest.mark.parametrize("seed", range(8))
def test_a_crop_of_what_is_kept_is_that_of_the_whole_images(seen: dict[str, object], seed: int) -> None:
    """Wherever the lesion lies, at an edge of the field of view or not, and however it leans from slice to slice."""
    random = np.random.default_rng(seed)
    inside = np.zeros((20, 64, 64), dtype=bool)
    start = random.integers(0, (14, 50, 50))
    for step in range(5):
        row, column = start[1:] + random.integers(0, 6, 2)
        inside[start[0] + step, row : row + random.integers(2, 8), column : column + random.integers(2, 8)] = True
    channels = random.normal(size=(3, *inside.shape)).astype(np.float32)
    whole = Lesion(channels, CHANNELS, inside, (2.5, 0.7, 0.7))
    asking = Input.model_validate({"channels": CHANNELS, "intensity": "raw", **seen})
    near = whole.within_reach(asking)
    assert near.channels.size < whole.channels.size
    for one, other in zip(crop(near, asking, "P"), crop(whole, asking, "P"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_is_given_every_patient_in_the_order_of_the_table(site: Site, outcome: Outcome) -> None:
    examples = cohort.load(site, asked(), table(site))
    assert examples.images.shape == (3, 3, 12, 12, 12)
    assert examples.positive.tolist() == [0, 1, 0]
    pictures = [crop(record, asked().network.input, "")[0] for record in kept(site).values()]  # type: ignore[union-attr]
    assert {picture.tobytes() for picture in pictures} == {
        np.asarray(picture).tobytes() for picture in examples.images.numpy()
    }


def test_another_size_or_dimension_prepares_nothing_anew(site: Site, outcome: Outcome) -> None:
    assert prepare(site, asked(size=(20, 20), dimensions="2d", intensity="zscore")).reused == 3
    assert prepared_folder(site, asked(margin=0.5)) != prepared_folder(site, asked())


@pytest.mark.slow
def test_a_broken_volume_is_prepared_anew(site: Site, outcome: Outcome) -> None:
    before = kept(site)
    paths = [lesion.beside(path) for path in (prepared_folder(site, asked()) / "patients").glob("*.json")]
    paths[0].write_bytes(paths[0].read_bytes()[:200])
    paths[1].unlink()
    with pytest.raises(MrfedError, match=r"patient P\d: .*prepare") as caught:
        cohort.load(site, asked(), table(site))
    assert caught.value.code in (Code.DATA_UNREADABLE, Code.DATA_MISSING)
    assert prepare(site, asked()).reused == 1
    for name, record in kept(site).items():
        np.testing.assert_array_equal(record.channels, before[name].channels)


@pytest.mark.slow
def test_a_channel_that_no_image_has_is_named(site: Site) -> None:
    with pytest.raises(MrfedError, match="none of 3 patients"):
        prepare(site, asked(channels=("before", "subtraction")))
