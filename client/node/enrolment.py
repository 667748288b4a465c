"""A hospital's first step: from the invitation to keys, a site file and an introduction."""

from dataclasses import dataclass
from pathlib import Path

from client.node.unit import Unit
from client.site import site_file
from shared.errors import Code, MrfedError
from shared.federation import identity, introduction, node_certificate, node_key
from shared.federation.introduction import Introduction, Invitation
from shared.files import durable_file, secret_file

_TEMPLATE = """\
# The site file of {site}. Nothing in it leaves the hospital but its name.
name: {site}

# Where the data lies, relative to this file: either exports (DICOM, any layout of folders) with a clinical
# table, or a ready feature table with a row a patient.
data:
  dicom: dicom
  clinical: clinical.csv
  # features: features.csv
  # mapping: mapping.yaml      (what rules cannot know about the exports)

# Which column of the clinical table is what.
columns:
  patient: patient
  ihc: her2_ihc
  ish: her2_ish
  # scanner: scanner     (left out: read from the DICOM)

# What no study may go below here; a looser policy than this says why (reason: ...).
# policy: {{minimum_patients: 10, minimum_sites: 3}}

# Where prepared features, keys, approvals and the audit log lie.
workspace: workspace
"""


@dataclass(frozen=True)
class Enrolled:
    """What a hospital keeps and sends after its first step.

    Parameters
    ----------
    site_file : to be filled in
    invitation : what it was invited by
    introduction : what it is known by
    introduction_file : to be sent to the coordinator
    """

    site_file: Path
    invitation: Invitation
    introduction: Introduction
    introduction_file: Path


def enrol(invitation_file: Path, folder: Path, fingerprint: str | None = None) -> Enrolled:
    """Write what is not there yet: site file, identity, node key; and the introduction.

    Parameters
    ----------
    invitation_file : what the coordinator sent
    folder : where the site file goes, or is
    fingerprint : the coordinator's, as read by telephone

    Raises
    ------
    MrfedError if the invitation is damaged or not the coordinator's, or is for another site than the file names.
    """
    invitation = introduction.load(invitation_file, Invitation)
    invitation.compare(fingerprint, str(invitation_file))
    path = folder / "site.yaml"
    if not path.exists():
        durable_file.write(path, _TEMPLATE.format(site=invitation.site).encode(), 0o644)
    unit = Unit(site_file.load(path), path.resolve())
    if unit.site.name != invitation.site:
        raise MrfedError(
            Code.SITE_INVALID,
            f"{path}: the site is called {unit.site.name}, {invitation_file} is for {invitation.site}; "
            "use one name for both",
        )
    if not unit.site.identity_key.exists():
        identity.create(unit.site.identity_key)
    if not unit.private_key.exists():
        secret_file.write(unit.private_key, node_key.generate())
    if not unit.credentials.certificate.exists():
        durable_file.write(unit.credentials.certificate, node_certificate.make(unit.private_key.read_bytes()))
    introduction.save(invitation, unit.invitation_file)
    key = identity.load(unit.site.identity_key)
    introduced = Introduction(
        site=invitation.site,
        identity=identity.public_hex(key),
        node_key=node_key.public(unit.private_key.read_bytes()).decode(),
        node_certificate=unit.credentials.certificate.read_text(),
    ).signed(key)
    introduction_file = folder / f"{invitation.site}.introduction.yaml"
    introduction.save(introduced, introduction_file)
    return Enrolled(path, invitation, introduced, introduction_file)
