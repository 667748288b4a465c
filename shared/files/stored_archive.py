"""ZIP archives that anybody may have written: read only where their members are stored as they are."""

import io
import struct
import zipfile
import zlib

MOST_MEMBERS = 65_535
_ENCRYPTED = 0x1
_LOCAL_HEADER = 30


def members(content: bytes) -> dict[str, memoryview]:
    """Members of an archive, which together are no longer than the archive.

    Parameters
    ----------
    content : the archive

    Returns
    -------
    content of each member by its name, in the order of the archive

    Raises
    ------
    ValueError where it is no such archive: a member is compressed, encrypted or damaged, two have one name, or
    members share their bytes, by which a short archive would become a long one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = archive.infolist()
            if len(listed) > MOST_MEMBERS or len({member.filename for member in listed}) < len(listed):
                raise ValueError("an archive has too many members, or two of one name")
            if any(not _is_stored(member) for member in listed):
                raise ValueError("a member of an archive is compressed or encrypted")
            if sum(member.file_size for member in listed) > len(content):
                raise ValueError("an archive says that it holds more than it has bytes")
            return {member.filename: _bytes(content, member) for member in listed}
    except zipfile.BadZipFile as error:
        raise ValueError("not a ZIP archive, or a damaged one") from error
    # What else zipfile raises where a directory lies about itself, as its source says.
    except (NotImplementedError, OSError, OverflowError, RuntimeError, IndexError, struct.error) as error:
        raise ValueError("not a ZIP archive, or one of a kind that is not read here") from error


def _bytes(content: bytes, member: zipfile.ZipInfo) -> memoryview:
    """Where a member stands in the archive: no byte of it is copied."""
    signature, name, extra = struct.unpack_from("<4s22xHH", content, member.header_offset)
    start = member.header_offset + _LOCAL_HEADER + name + extra
    whole = memoryview(content)[start : start + member.file_size]
    if signature != b"PK\x03\x04" or len(whole) != member.file_size or zlib.crc32(whole) != member.CRC:
        raise ValueError("a member of an archive is damaged")
    return whole


def _is_stored(member: zipfile.ZipInfo) -> bool:
    return (
        member.compress_type == zipfile.ZIP_STORED
        and not member.flag_bits & _ENCRYPTED
        and member.file_size == member.compress_size
    )
