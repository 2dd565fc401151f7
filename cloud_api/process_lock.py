"""One server owns a SQLite file: a second one is told so instead of sharing it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud_api.bootstrap import lock_file
from cloud_api.errors import StartError
from cloud_api.settings import Settings


@contextmanager
def only_server(settings: Settings) -> Iterator[None]:
    """Holds the lock while the server runs; on PostgreSQL there is nothing to lock. Raises StartError."""
    try:
        path = lock_file(settings)
    except ValueError:
        path = None  # the caller opens the database next and says what is wrong with its address
    if path is None:
        yield
        return
    with locked(
        path, f"이 폴더의 서버가 이미 실행 중입니다 / a server of this folder is already running: {path.parent}"
    ):
        yield


@contextmanager
def locked(path: Path, taken: str) -> Iterator[None]:
    """Holds the lock file while the block runs. Raises StartError, with ``taken`` when somebody else holds it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StartError(f"폴더에 쓸 수 없습니다 / the folder cannot be written: {path.parent}") from error
    try:
        try:
            _lock(handle)
        except OSError as error:
            raise StartError(taken) from error
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    """The system releases it when the process ends, however it ends."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
