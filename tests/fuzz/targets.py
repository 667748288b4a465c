"""Everything that reads bytes of others, each as one function of these bytes that only ever ends as it says.

A parser may refuse its input with a `MrfedError`, or report it as a fault; whatever else comes out is a defect.
"""

import io
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flwr.app import ConfigRecord, RecordDict
from PIL import Image

from client.imaging.ingest import pixels, plain
from client.networks import slices
from client.site import tables
from client.site.site_file import Pictures
from shared import arrays
from shared.errors import Code, MrfedError
from shared.federation import identity, introduction, roster
from shared.federation.introduction import Introduction, Invitation
from shared.federation.messages import Answer, Question
from shared.files import document
from shared.results import bundle, result
from shared.study import study as study_file
from tests.client.imaging.ingest.contours import contour, written
from tests.client.imaging.ingest.fuzzing import exercise
from tests.client.imaging.ingest.headers import enhanced, image, saved
from tests.simulated_result import study, whole_result
from tests.small_hospital import write_patient

Seeds = Callable[[], list[bytes]]
KEY = Ed25519PrivateKey.from_private_bytes(b"f" * 32)
KEPT = Path(__file__).parent / "seeds"
"""Inputs that once broke a parser, in a folder of its name each; they are tried first, for ever."""


@dataclass(frozen=True)
class Target:
    """A parser.

    Parameters
    ----------
    parse : gives bytes to it, in a folder that it may write to; raises where it does what it must not
    seeds : good inputs from which bad ones are made
    """

    parse: Callable[[bytes, Path], object]
    seeds: Seeds


def _message(kind: type[Question] | type[Answer]) -> Callable[[bytes, Path], object]:
    def parse(content: bytes, _: Path) -> None:
        with suppress(MrfedError):
            kind.from_records(RecordDict({"0": ConfigRecord({"bytes": content})}))

    return parse


def _file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def parse(content: bytes, folder: Path) -> None:
        path = folder / name
        path.write_bytes(content)
        with suppress(MrfedError):
            read(path)

    return parse


def _made(write: Callable[[Path], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        write(path)
        return path.read_bytes()


def _questions() -> list[bytes]:
    head = {"study": "a" * 64, "run": "run1", "step": "train-1", "after": "moments", "roster": ["a", "b"], "texts": {}}
    texts = {"receipts": {"a": {"head": {"site": "a", "entries": 1, "hash": "0" * 64}}}}
    return [_packed(head, {}), _packed({**head, "texts": texts}, {"coefficients": np.zeros((2, 3)), "n": np.array(4)})]


def _answers() -> list[bytes]:
    head = {"step": "train-1", "code": "ok", "texts": {"words": ["a", "b"]}, "head": None}
    log = {"site": "a", "entries": 3, "hash": "0" * 64}
    return [_packed(head, {"m": np.arange(6, dtype=np.uint64).reshape(2, 3)}), _packed({**head, "head": log}, {})]


def _packed(head: object, values: dict[str, np.ndarray]) -> bytes:
    return arrays.to_bytes({"": np.frombuffer(json.dumps(head).encode(), np.uint8), **values})


def _bundles() -> list[bytes]:
    model = bundle.of_result(whole_result())
    return [_made(lambda path: bundle.write(path, model, "A card", KEY, {"network.npz": b"weights"}))]


def _results() -> list[bytes]:
    return [whole_result().model_dump_json().encode()]


def _studies() -> list[bytes]:
    ready = sorted(study_file.READY_MADE.glob("*.yaml"))
    return [path.read_bytes() for path in ready] + [document.readable(study()).encode()]


def _rosters() -> list[bytes]:
    made = study()
    keys = {site: Ed25519PrivateKey.from_private_bytes(site.encode().ljust(32)) for site in made.federation.sites}
    issued = roster.issue(made, {site: identity.public_hex(key) for site, key in keys.items()}, KEY)
    return [document.readable(issued).encode()]


def _invitations() -> list[bytes]:
    from server.network import certificates

    with tempfile.TemporaryDirectory() as folder:
        certificates.create_authority(Path(folder), "mrfed fuzz", b"words of a test")
        authority = (Path(folder) / "ca.crt").read_text()
    invitation = Invitation(
        site="a", identity=identity.public_hex(KEY), federation="f", address="h:1", ca_certificate=authority
    )
    return [document.readable(invitation.signed(KEY)).encode()]


def _introduced(path: Path) -> None:
    for kind in (Invitation, Introduction):
        with suppress(MrfedError):
            introduction.load(path, kind)


def _images() -> list[bytes]:
    compressed = image(BitsStored=16)
    classic = image(AcquisitionTime="100000", AcquisitionDate="20240108")
    return [saved(classic), saved(enhanced()), saved(compressed)]


def _segmentations() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        write_patient(Path(folder), "P1")
        return [(Path(folder) / "mask.dcm").read_bytes()]


def _structures() -> list[bytes]:
    return [_made(lambda path: written(path, [contour([5, 15, 15, 5], [5, 5, 15, 15], 3)]))]


def _volumes() -> list[bytes]:
    def write(values: np.ndarray) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "v.nii"
            sitk.WriteImage(sitk.GetImageFromArray(values), str(path))
            return path.read_bytes()

    return [write(np.zeros((3, 4, 5), kind)) for kind in (np.int16, np.float32, np.uint8)]


def _volume(content: bytes, folder: Path) -> None:
    for name in ("sub-1_T1w.nii", "sub-1_mask.nii"):
        (folder / name).write_bytes(content)
        reading = plain.read(folder, name)
        assert reading.frames or reading.mask or reading.fault
        if not reading.fault:
            with suppress(MrfedError):
                plain.read_label(folder / name, 1, "P1")
            with suppress(MrfedError):
                pixels._decode(folder / name, lambda reason: MrfedError(Code.DATA_UNREADABLE, reason))


def _pictures() -> list[bytes]:
    made = []
    for mode in ("L", "RGB", "P", "I;16"):
        stream = io.BytesIO()
        Image.new(mode, (9, 7)).save(stream, "PNG")
        made.append(stream.getvalue())
    return made


def _picture(path: Path) -> None:
    columns = Pictures()
    row = pd.Series(dict.fromkeys(columns.box, 1.0) | {columns.file: path.name}, name="P1")
    for names in (("a",), ("a", "b", "c")):
        with suppress(MrfedError):
            slices.read(path, row, names, columns)


def _tables() -> list[bytes]:
    return [b"patient,file,bbox_x,bbox_y,bbox_w,bbox_h,her2\n0001,a.png,1,2,3,4,low\n0002,b.png,1,2,3,4,zero\n"]


def _table(path: Path) -> None:
    frame = tables.read(path)
    for name in frame.columns:
        with suppress(MrfedError):
            tables.column(frame, name, path)


TARGETS: dict[str, Target] = {
    "question": Target(_message(Question), _questions),
    "answer": Target(_message(Answer), _answers),
    "bundle": Target(_file("model.mrfed", bundle.read), _bundles),
    "result": Target(_file("result.json", result.load), _results),
    "study": Target(_file("study.yaml", study_file.load), _studies),
    "roster": Target(_file("roster.yaml", roster.load), _rosters),
    "invitation": Target(_file("invitation.yaml", _introduced), _invitations),
    "dicom": Target(exercise, _images),
    "seg": Target(exercise, _segmentations),
    "rtstruct": Target(exercise, _structures),
    "nifti": Target(_volume, _volumes),
    "png": Target(_file("a.png", _picture), _pictures),
    "index": Target(_file("index.csv", _table), _tables),
}
