"""The feature table as a file: a row a patient, what it was made with in its metadata."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from io import BytesIO
from math import nan
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from client.preparation.paths import SETTINGS_KEY
from client.preparation.record import Record
from shared.files import durable_file

_ABOUT = ("patient", "scanner", "software", "examined", "timing_assumed")
_ROWS_KEY = b"mrfed.rows"
"""Under this key the metadata has the digest of the records that the table was made of."""


def write(path: Path, rows: Sequence[Record], settings: str) -> None:
    """Write the feature table, sorted by patient; one that was made of the same records is left as it is.

    Parameters
    ----------
    path : of the Parquet file
    rows : patients with features
    settings : hash of the settings under which they were computed
    """
    rows = sorted(rows, key=lambda row: row.patient)
    metadata = {SETTINGS_KEY: settings.encode(), _ROWS_KEY: _digest(rows)}
    if _metadata(path) == metadata:
        return  # building it anew costs more than all the rest of a run in which nothing changed
    about = {name: pa.array([getattr(row, name) for row in rows]) for name in _ABOUT}
    features = {
        name: pa.array([row.features.get(name, nan) for row in rows], pa.float64())
        for name in dict.fromkeys(name for row in rows for name in row.features)
    }
    stream = BytesIO()
    pq.write_table(pa.table(about | features, metadata=metadata), stream)
    durable_file.write(path, stream.getvalue())


def _digest(rows: Sequence[Record]) -> bytes:
    content = json.dumps([asdict(row) for row in rows], sort_keys=True)  # features without a value are NaN
    return sha256(content.encode()).hexdigest().encode()


def _metadata(path: Path) -> dict[bytes, bytes] | None:
    """What a table was made with; None where there is none, or it is damaged."""
    try:
        metadata: dict[bytes, bytes] | None = pq.read_schema(path).metadata
    except (OSError, pa.ArrowInvalid):
        return None
    return metadata
