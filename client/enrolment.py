"""A hospital's first step: from the join kit to keys and a site file."""

import os
from dataclasses import dataclass
from pathlib import Path

from client import site as site_file
from client.unit import Unit
from shared import join_kit, node_key, secret_file
from shared.errors import Code, MrfedError

_TEMPLATE = """\
# The site file of {site}. Nothing in it leaves the hospital but its name.
name: {site}

# Where the data lies, relative to this file: either exports (DICOM, any layout of folders) with a clinical
# table, or a ready feature table with a row a patient.
data:
  dicom: dicom
  clinical: clinical.csv
  # features: features.csv

# Which column of the clinical table is what.
columns:
  patient: patient
  ihc: her2_ihc
  ish: her2_ish
  # scanner: scanner     (left out: read from the DICOM)

# Where prepared features, keys, approvals and the audit log lie.
workspace: workspace
"""


@dataclass(frozen=True)
class Enrolled:
    """What a hospital tells its coordinator, and compares with it by telephone."""

    site: str
    federation: str
    address: str
    authority: str
    """Fingerprint of the coordinator's certificate authority."""
    site_file: Path
    public_key: Path
    fingerprint: str
    """Fingerprint of the site's own key."""


def enrol(kit_file: Path, folder: Path) -> Enrolled:
    """Write what is not there yet: site file, node key, and a copy of the join kit.

    Parameters
    ----------
    kit_file : what the coordinator sent
    folder : where the site file goes, or is

    Raises
    ------
    MrfedError if the kit is damaged, or invites another site than the site file names.
    """
    kit = join_kit.load(kit_file)
    path = folder / "site.yaml"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(_TEMPLATE.format(site=kit.site))
        os.replace(partial, path)
    unit = Unit(site_file.load(path), path.resolve())
    if unit.site.name != kit.site:
        raise MrfedError(
            Code.SITE_INVALID,
            f"{path}: the site is called {unit.site.name}, {kit_file} invites {kit.site}; use one name for both",
        )
    if not unit.private_key.exists():
        private, public = node_key.generate()
        secret_file.write(unit.private_key, private)
        unit.public_key.write_bytes(public)
    join_kit.save(kit, unit.kit_file)
    return Enrolled(
        site=kit.site,
        federation=kit.federation,
        address=kit.address,
        authority=kit.fingerprint,
        site_file=path,
        public_key=unit.public_key,
        fingerprint=node_key.fingerprint(unit.public_key.read_bytes()),
    )
