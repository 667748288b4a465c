"""Where keys and logs lie: in plain files that no other account can exchange for others."""

import os
import stat
from pathlib import Path

from shared.errors import Code, MrfedError


def require(path: Path) -> None:
    """Refuse a file that another account could have put there or could put another in the place of.

    Parameters
    ----------
    path : of a key or a log; it may not be there yet

    Raises
    ------
    MrfedError (`REFUSED`) where it is a link or has a second name, where its folder is open for all to write, or where
    a folder further up is and does not keep accounts from each other's files (the sticky bit, as /tmp has).
    """
    try:
        entry = path.lstat()
    except FileNotFoundError:
        entry = None
    if entry is not None and (not stat.S_ISREG(entry.st_mode) or entry.st_nlink > 1):
        raise MrfedError(
            Code.REFUSED, f"{path}: is a link or no plain file, so that it may lead elsewhere; put the file itself here"
        )
    if entry is not None and entry.st_uid not in (os.geteuid(), 0):
        raise MrfedError(Code.REFUSED, f"{path}: belongs to another account; run mrfed by the account that owns it")
    folder = Path(os.path.realpath(path.parent))
    for place in (folder, *folder.parents):
        if not place.exists():
            continue
        mode = place.stat().st_mode
        if mode & stat.S_IWOTH and (place == folder or not mode & stat.S_ISVTX):
            raise MrfedError(
                Code.REFUSED, f"{path}: every account may write in {place} and exchange it; run: chmod o-w {place}"
            )
