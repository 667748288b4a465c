"""The hospital's imaging pipeline on volumes of 256 x 256 x 64: bias field, workers, repetition and memory.

The bias field is compared with ITK's N4 on an image shrunk by 4, on simulated coils alone and on the real volumes of
three vendors (`sts_mr_t1`) with a simulated coil added. Patients are prepared as `mrfed-site prepare` does it, by
processes of their own.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import yaml
from numpy.typing import NDArray

from client.imaging.preprocess.n4 import bias_field
from client.imaging.preprocess.otsu import otsu_threshold
from shared.sections.imaging import N4
from tests.bench.figure import Figure
from tests.exports import write_dynamic
from tests.small_hospital import study, write_mask

SHAPE = (64, 256, 256)
PHASES = 6
PATIENTS = 6
SERIES_BYTES = 2 * PHASES * int(np.prod(SHAPE))
SETTINGS = N4(step="n4")
REAL_VOLUMES = Path(os.environ.get("MRFED_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "sts_mr_t1"

Array = NDArray[np.float32]


def figures() -> Iterator[Figure]:
    """Ratios measured in this run."""
    yield from bias_fields()
    with tempfile.TemporaryDirectory() as folder:
        yield from patients(Path(folder))


def bias_fields() -> Iterator[Figure]:
    """Speed on a whole volume, and what is left of the coil."""
    ours, theirs, speed = [], [], []
    for seed in (1, 2):
        signal, body = tissue(seed)
        true = coil(SHAPE, seed)
        found, seconds = timed(by_itk, signal * true)
        theirs.append(spread((true / found)[body]))
        fast, fast_seconds = min((timed(by_us, signal * true) for _ in range(3)), key=lambda values: values[1])
        ours.append(spread((true / fast)[body]))
        speed.append(seconds / fast_seconds)
    yield Figure("imaging.n4_speedup_vs_itk_shrink_4", float(np.median(speed)), "x", "higher", 7)
    yield Figure("imaging.n4_residual_cv_vs_itk_simulated_coils", np.mean(ours) / np.mean(theirs), "ratio", "lower", 1)
    paths = sorted(REAL_VOLUMES.glob("*_image.nii.gz"))
    if not paths:
        return
    left: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number, path in enumerate(paths):
        voxels = np.clip(sitk.GetArrayFromImage(sitk.ReadImage(str(path), sitk.sitkFloat32)), 0, None)
        inside, true = voxels > otsu_threshold(voxels), coil(voxels.shape, number)
        for name, field in (("ours", by_us), ("theirs", by_itk)):
            left[name].append(spread((true * field(voxels) / field(voxels * true))[inside]))
    ratio = np.mean(left["ours"]) / np.mean(left["theirs"])
    yield Figure("imaging.n4_residual_cv_vs_itk_real_volumes", float(ratio), "ratio", "lower", 1)


def patients(folder: Path) -> Iterator[Figure]:
    """Time of one and of two workers, of a second run, and the largest process."""
    write_hospital(folder / "dicom")
    imaging = {"sequences": ["dce"], "images": ["before", "early", "late"], "phases": {"early_s": 60, "late_s": 200}}
    asked = study(imaging=imaging | {"steps": [{"step": "n4"}]}, radiomics={"preset": "ibsi"})
    (folder / "study.yaml").write_text(yaml.safe_dump(asked.model_dump(mode="json", exclude_defaults=True)))
    machine = two_processes_throughput()
    # Each twice, in turn, and the shorter counts: the disk and the machine's neighbours disturb half a minute.
    alone, together = [], []
    for number in range(2):
        alone.append(run(folder, f"one-{number}", workers=1)[0])
        together.append(run(folder, f"two-{number}", workers=2))
    one, two = min(alone), min(seconds for seconds, _ in together)
    peak_bytes = max(peak for _, peak in together)
    again = min(run(folder, "two-1", workers=2)[0] for _ in range(2))
    yield Figure("imaging.two_plain_processes_throughput", machine, "x", "higher")
    yield Figure("imaging.two_workers_speedup", one / two, "x", "higher", 1.6)
    yield Figure("imaging.two_workers_speedup_share_of_plain", one / two / machine, "ratio", "higher")
    yield Figure("imaging.second_prepare_share", again / two, "ratio", "lower", 0.02)
    yield Figure("imaging.peak_memory_vs_largest_series", peak_bytes / SERIES_BYTES, "ratio", "lower", 12)


def two_processes_throughput() -> float:
    """What the machine gives to two processes that share nothing, against one: the same bias fields in each."""
    code = """
import sys, time
from tests.bench.bench_imaging import SHAPE, by_us, coil, tissue
volume = tissue(1)[0] * coil(SHAPE, 1)
by_us(volume)
print("ready", flush=True)
sys.stdin.readline()
start = time.perf_counter()
for _ in range(6):
    by_us(volume)
print(time.perf_counter() - start)
"""

    def seconds(at_once: int) -> float:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": one_thread()}
        processes = [subprocess.Popen([sys.executable, "-c", code], **pipes) for _ in range(at_once)]
        for process in processes:
            assert process.stdout.readline().strip() == "ready"
        return max(float(process.communicate("go\n")[0]) for process in processes)

    alone, together = seconds(1), seconds(2)
    return 2 * alone / together


def run(folder: Path, workspace: str, workers: int) -> tuple[float, int]:
    """Seconds that preparing takes inside a fresh process, and the memory of its largest worker in bytes."""
    code = f"""
import resource, time
from pathlib import Path
from joblib.externals.loky import get_reusable_executor
from client.preparation.prepare import prepare
from client.site.site_file import Data, Site
from shared.study.study import load
folder = Path({str(folder)!r})
site = Site(name="bench", data=Data(dicom=folder / "dicom"), workspace=folder / {workspace!r})
start = time.perf_counter()
outcome = prepare(site, load(folder / "study.yaml"), workers={workers})
seconds = time.perf_counter() - start
get_reusable_executor().shutdown(wait=True)
print(seconds, outcome.patients, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=one_thread())
    seconds, prepared, peak_kib = done.stdout.split()
    assert int(prepared) == PATIENTS, done.stderr
    return float(seconds), int(peak_kib) * 1024


def one_thread() -> dict[str, str]:
    """The environment in which workers are what runs in parallel."""
    return os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def write_hospital(folder: Path) -> None:
    """Patients with a dynamic series of six phases and a tumour of 3 cm."""
    signal, _ = tissue(1)
    inside = np.zeros(SHAPE, dtype=bool)
    inside[24:40, 110:140, 100:130] = True
    for number in range(PATIENTS):
        noise = np.random.default_rng(number).normal(0, 10, SHAPE)
        before = np.clip(signal * coil(SHAPE, number) + noise, 0, None)
        phases = [before] + [np.where(inside, before * (1.6 + 0.1 * phase), before) for phase in range(PHASES - 1)]
        place, patient = folder / f"{number}", f"P{number}"
        write_dynamic(
            place,
            voxels=np.stack(phases).astype(np.uint16),
            phases=PHASES,
            slices=SHAPE[0],
            patient=patient,
            PixelSpacing=[0.7, 0.7],
            StudyID="1",
            AccessionNumber="1",
            StudyTime="100000",
            PatientSex="F",
            ReferringPhysicianName="",
        )
        write_mask(place, inside, patient)


def tissue(seed: int) -> tuple[Array, NDArray[np.bool_]]:
    """Three tissues in patches in a body, and the body."""
    from scipy.ndimage import gaussian_filter

    patches = gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32), [2, 6, 6])
    patches /= patches.std()
    places = np.meshgrid(*[np.linspace(-1, 1, size) for size in SHAPE], indexing="ij", sparse=True)
    body = sum(place**2 for place in places) < 0.8
    return (np.select([patches > 0.4, patches < -1], [600.0, 900.0], 300.0) * body).astype(np.float32), body


def coil(shape: tuple[int, ...], seed: int) -> Array:
    """Sensitivity that rises along one direction and falls off to the sides, as the simulator's coils do."""
    direction = np.random.default_rng(seed).normal(size=3)
    direction /= np.linalg.norm(direction)
    places = np.meshgrid(*[np.linspace(-1, 1, size) for size in shape], indexing="ij", sparse=True)
    along = sum(place * part for place, part in zip(places, direction, strict=True))
    return np.exp(0.3 * (along + 0.5 * along**2 - 0.25 * sum(place**2 for place in places))).astype(np.float32)


def by_us(voxels: Array) -> Array:
    """The field by `client.imaging.preprocess.n4`."""
    return bias_field(voxels, SETTINGS)


def by_itk(voxels: Array) -> Array:
    """The field by ITK's filter on an image shrunk by 4, at full resolution."""
    image = sitk.GetImageFromArray(voxels)
    inside = sitk.GetImageFromArray((voxels > otsu_threshold(voxels)).astype(np.uint8))
    reference = sitk.N4BiasFieldCorrectionImageFilter()
    reference.Execute(sitk.Shrink(image, [4] * 3), sitk.Shrink(inside, [4] * 3))
    return np.exp(sitk.GetArrayFromImage(reference.GetLogBiasFieldAsImage(image)))


def timed(field: Callable[[Array], Array], voxels: Array) -> tuple[Array, float]:
    """A field and the seconds that it took."""
    start = time.perf_counter()
    found = field(voxels)
    return found, time.perf_counter() - start


def spread(values: Array) -> float:
    """Coefficient of variation."""
    return float(values.std() / values.mean())
