"""Owns the operating system's lock on one file: it falls with the process, so a crash leaves nothing to clean up."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Windows locks are mandatory; a byte far behind the end keeps the file itself readable.
_WINDOWS_LOCK_BYTE = 1 << 30


class FileLock:
    """Held from construction to ``release``. Raises BlockingIOError when it is held already, by this process too."""

    def __init__(self, path: Path) -> None:
        self._fd: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._fd)
        except OSError as taken:
            os.close(self._fd)
            self._fd = None
            raise BlockingIOError(f"{path} is locked") from taken

    def release(self) -> None:
        """Gives the lock back; the file stays, because removing it would let two processes lock two files."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> None:
        os.lseek(fd, _WINDOWS_LOCK_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
