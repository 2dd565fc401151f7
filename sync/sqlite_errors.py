"""Owns what SQLite's and the system's errors mean: full, read-only, unreadable, damaged."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager

from sync.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly, StoreUnreadable

_FULL = frozenset({sqlite3.SQLITE_FULL})
_READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
_UNREADABLE = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class _Translating:
    """A class, because every transaction passes here and a generator costs more than what it guards."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> None:
        if isinstance(problem, sqlite3.Error) and (translated := _for_sqlite_error(problem)) is not None:
            raise translated from problem


_TRANSLATING = _Translating()


def translated_errors() -> AbstractContextManager[None]:
    """What the file or the disk does becomes our errors; what our SQL does wrong stays sqlite3's."""
    return _TRANSLATING


def _for_sqlite_error(problem: sqlite3.Error) -> StoreError | None:
    code = getattr(problem, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF
    text = f"{getattr(problem, 'sqlite_errorname', code)}: {problem}"
    if primary in _FULL:
        return StoreFull(text)
    if primary in _READ_ONLY:
        return StoreReadOnly(text)
    if primary in _UNREADABLE:
        return StoreUnreadable(text)
    if primary in _DAMAGED:
        return StoreDamaged(text)
    if primary == sqlite3.SQLITE_BUSY:
        return StoreBusy(text)
    return None


def for_os_error(problem: OSError) -> StoreError:
    import errno

    if problem.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return StoreFull(str(problem))
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreReadOnly(str(problem))
    return StoreUnreadable(str(problem))
