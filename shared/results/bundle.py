"""A trained model as one file that travels: what it is, what it needs, what is known of it, who signed it.

A ZIP archive, stored without compression and without dates, so that equal models give equal bytes. `manifest.json` has
the SHA-256 of every other member and the coordinator's signature over them; `model.json` is what a program needs,
`card.md` what a person should read; a network's weights lie beside them.
"""

import hashlib
import io
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.federation.roster import HEX_KEY
from shared.files import document, durable_file, named_file, stored_archive
from shared.results.habitat_model import HabitatModel
from shared.results.model import FinalModel
from shared.results.network import FinalNetwork
from shared.results.part import Part
from shared.results.result import NOTICES, Result
from shared.sections.imaging import ImageName
from shared.study.plan import training_sites
from shared.study.study import Study

FORMAT = 1
NAME = "model.mrfed"
PURPOSE = "model bundle"
MODEL, CARD, MANIFEST = "model.json", "card.md", "manifest.json"
REACH_SD = 5.0
"""Standard deviations of the training patients from their mean beyond which a feature is outside their range. By
Chebyshev's inequality at most 4 % of any distribution lie there, of a normal one a few in ten million."""


class Model(Part):
    """What applies a model to a patient."""

    format: int = FORMAT
    study: Study
    study_digest: str
    result: str
    """Fingerprint of the result that it came out of."""
    trained_at: tuple[str, ...]
    """Sites."""
    settings: tuple[str, ...]
    """Hashes of the settings under which the features of the sites were computed."""
    standards: dict[ImageName, tuple[float, ...]] = Field(default_factory=dict)
    """Landmarks of the standard histogram of each image, where the study brings images onto one."""
    habitats: HabitatModel | None = None
    """Where features are of habitats: those in which a new patient's are taken."""
    model: FinalModel | None = None
    """None where it is a network, which lies beside."""
    network: FinalNetwork | None = None
    reach_sd: float = REACH_SD
    """Beyond so many standard deviations from the mean of the training patients a feature is outside their range."""

    @property
    def notice(self) -> str:
        """What everything that shows this model says."""
        return NOTICES[self.study.question.patients]


class Manifest(Part):
    """What is in the bundle, and who says so."""

    members: dict[str, str]
    """SHA-256 of each, in hexadecimal."""
    coordinator: str = Field(pattern=HEX_KEY)
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")


@dataclass(frozen=True)
class Bundle:
    """A bundle that has been read.

    Parameters
    ----------
    model : what applies it
    card : Markdown for a person
    files : further members, by name
    coordinator : public identity of who signed it, in hexadecimal
    """

    model: Model
    card: str
    files: Mapping[str, bytes]
    coordinator: str


def of_result(result: Result) -> Model:
    """The model of a result, without the rest of it."""
    return Model(
        study=result.study,
        study_digest=result.study_digest,
        result=result.fingerprint,
        trained_at=training_sites(result.study, [participant.site for participant in result.participants]),
        settings=tuple(sorted({participant.settings for participant in result.participants})),
        model=result.model,
        standards=result.standards,
        habitats=result.habitats,
        network=result.network,
    )


def beside(folder: Path) -> dict[str, bytes]:
    """Members of a network's bundle: its files in the folder of a run; none for other models."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("network.*"))}


def write(
    path: Path, model: Model, card: str, key: Ed25519PrivateKey, files: Mapping[str, bytes] | None = None
) -> None:
    """Write and sign a bundle, whole or not at all.

    Parameters
    ----------
    path : of the file, usually called `model.mrfed`
    model : what applies it
    card : Markdown
    key : the coordinator's identity
    files : further members, such as a network's weights
    """
    content = json.dumps(model.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
    members = {MODEL: content.encode() + b"\n", CARD: card.encode(), **(files or {})}
    digests = {name: hashlib.sha256(member).hexdigest() for name, member in sorted(members.items())}
    manifest = Manifest(
        members=digests,
        coordinator=identity.public_hex(key),
        signature=identity.sign(key, PURPOSE, digests),
    )
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_STORED) as archive:
        for name, member in {MANIFEST: document.canonical(manifest), **dict(sorted(members.items()))}.items():
            archive.writestr(ZipInfo(name), member)
    durable_file.write(path, stream.getvalue(), 0o644)


def read(path: Path, coordinators: Collection[str] | None = None) -> Bundle:
    """Read a bundle whose members are those that were signed.

    Parameters
    ----------
    path : of the file
    coordinators : public identities of whom it may come from; None for anybody, whom the caller then shows

    Raises
    ------
    MrfedError (`DATA_UNREADABLE`, `REFUSED`) where it is no bundle, was changed, or is of another coordinator.
    """
    content = named_file.read(path, Code.DATA_UNREADABLE)
    try:
        members = stored_archive.members(content)
        manifest = Manifest.model_validate_json(bytes(members.pop(MANIFEST)))
    except (KeyError, ValueError) as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"{path}: not a model bundle; ask the coordinator for it anew"
        ) from error
    # Who signed is known before anything that was signed is read.
    if coordinators is not None and manifest.coordinator not in coordinators:
        raise MrfedError(
            Code.REFUSED, f"{path}: was signed by another coordinator than the one you named; do not use it"
        )
    identity.verify(manifest.coordinator, PURPOSE, manifest.members, manifest.signature, "coordinator")
    digests = {name: hashlib.sha256(member).hexdigest() for name, member in members.items()}
    if digests != manifest.members or not {MODEL, CARD} <= set(members):
        raise MrfedError(Code.REFUSED, f"{path}: its members are not those that were signed; do not use it")
    try:
        model = Model.model_validate_json(bytes(members.pop(MODEL)))
        card = bytes(members.pop(CARD)).decode()
    except ValueError as error:
        raise MrfedError(
            Code.DATA_UNREADABLE, f"{path}: is of another version of mrfed; install the one that wrote it"
        ) from error
    return Bundle(model, card, {name: bytes(member) for name, member in members.items()}, manifest.coordinator)
